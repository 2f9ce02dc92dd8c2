// A worker in which a program of cnncalc runs as WebAssembly: worker.js?study runs study.wasm. It answers each message
// {name, request, bytes}, of which request is JSON, with the answer as JSON.
import { XzReadableStream } from "xz-decompress";

importScripts("wasm_exec.js"); // Go's own, which defines Go

const ready = load(`${location.search.slice(1)}.wasm.xz`);

// load runs a program until it has defined the function cnncalc(name, request, bytes). The file is compressed, since
// not every host of static files compresses it.
async function load(file) {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  const go = new Go();
  const headers = { "Content-Type": "application/wasm" };
  const program = new Response(new XzReadableStream(response.body), { headers });
  const { instance } = await WebAssembly.instantiateStreaming(program, go.importObject);
  go.run(instance);
}

onmessage = async ({ data }) => {
  try {
    await ready;
    postMessage(cnncalc(data.name, data.request, data.bytes && new Uint8Array(data.bytes)));
  } catch (error) {
    postMessage(JSON.stringify({ error: { code: "internal", message: String(error?.message ?? error) } }));
  }
};
