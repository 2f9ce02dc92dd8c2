// ONNX Runtime's side of the benchmark: node onnxruntime.js MODEL.onnx INPUT.npy THREADS BATCH [once]
//
// A batch is the same picture several times. With "once" it runs the network once, prints the first logit and ends. The
// protocol is that of cnncalc-bench/main.go: a line of JSON when ready, then one line for each line of standard input.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const ort = require('onnxruntime-node');

// readNpy reads a little-endian float32 array in C order, with a header of version 1, and repeats it along its first
// axis.
function readNpy(file, batch) {
  const bytes = fs.readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, start);
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False")) {
    throw new Error(`${file}: not float32 in C order: ${header}`);
  }
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter((d) => d.trim()).map(Number);
  const one = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  const all = new Float32Array(batch * one.length);
  for (let i = 0; i < batch; i++) all.set(one, i * one.length);
  return new ort.Tensor('float32', all, [batch, ...shape.slice(1)]);
}

async function main() {
  const [model, input, threads, batch, once] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
  });
  const feeds = { [session.inputNames[0]]: readNpy(input, Number(batch)) };
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

  if (once) {
    await run(0);
    console.log(output[0]);
    return;
  }
  const version = require(path.join(path.dirname(require.resolve('onnxruntime-node')), '..', 'package.json')).version;
  console.log(JSON.stringify({ version: `${version}, Node.js ${process.version}` }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, argument] = line.split(' ');
    if (command === 'run') console.log(await run(Number(argument)));
    else if (command === 'logits') console.log(Array.from(output.slice(0, output.length / batch)).join(' '));
    else throw new Error(`unknown command ${line}`);
  }
}

main().catch((error) => {
  console.error(`onnxruntime.js: ${error.stack}`);
  process.exit(1);
});
