// The worker in which cnncalc runs as WebAssembly. It answers each message {name, request, bytes}, of which request is
// JSON, with the answer as JSON.

importScripts("wasm_exec.js"); // Go's own, which defines Go

const ready = load();

// load runs the program until it has defined the function cnncalc(name, request, bytes). The file is compressed, since
// not every host of static files compresses it; one that does makes it arrive uncompressed.
async function load() {
  const response = await fetch("cnncalc.wasm.gz");
  if (!response.ok) throw new Error(`cnncalc.wasm.gz: ${response.status}`);
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await uncompressed(await response.blob()), go.importObject);
  go.run(instance);
}

async function uncompressed(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

onmessage = async ({ data }) => {
  try {
    await ready;
    postMessage(cnncalc(data.name, data.request, data.bytes && new Uint8Array(data.bytes)));
  } catch (error) {
    postMessage(JSON.stringify({ error: { code: "internal", message: String(error?.message ?? error) } }));
  }
};
