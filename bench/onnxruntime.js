// ONNX Runtime's side of the benchmark: node onnxruntime.js MODEL.onnx INPUT.npy THREADS
//
// The protocol is that of cnncalc-bench/main.go: a line of JSON when ready, then one line for each line of standard input.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const ort = require('onnxruntime-node');

// readNpy reads a little-endian float32 array in C order, with a header of version 1.
function readNpy(file) {
  const bytes = fs.readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error(`${file}: not float32 in C order: ${header}`);
  }
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter((d) => d.trim()).map(Number);
  const data = bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length);
  return new ort.Tensor('float32', new Float32Array(data), shape);
}

async function main() {
  const [model, input, threads] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
  });
  const feeds = { [session.inputNames[0]]: readNpy(input) };
  let output;
  async function run(n) {
    const milliseconds = [];
    for (let i = -1; i < n; i++) {
      const start = performance.now();
      const results = await session.run(feeds);
      if (i >= 0) milliseconds.push(performance.now() - start);
      output = results[session.outputNames[0]].data;
    }
    return milliseconds.join(' ');
  }

  const version = require(path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'package.json')).version;
  console.log(JSON.stringify({ version: `${version}, Node.js ${process.version}` }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ');
    if (command === 'run') console.log(await run(Number(argument)));
    else if (command === 'logits') console.log(Array.from(output).join(' '));
    else throw new Error(`unknown command ${line}`);
  }
}

main().catch((error) => {
  console.error(`onnxruntime.js: ${error.stack}`);
  process.exit(1);
});
