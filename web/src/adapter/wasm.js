import { CallError, unwrap } from "./error.js";

// The most time that one call may take. Go code in a worker can't be interrupted, so that the worker is replaced.
const patience = 60_000;
// How long a call that nobody waits for any more may hold up the next one.
const grace = 1_000;

// The calls that the program run answers, which is fetched when one is first needed. The program study answers the others.
const ofRun = ["run", "convert"];

// connectWasm returns the adapter to cnncalc in WebAssembly.
export function connectWasm() {
  const study = startProgram("study"); // what takes longest begins at once
  let run = null;

  async function call(name, request, { bytes, signal } = {}) {
    signal?.throwIfAborted();
    if (bytes instanceof Blob) bytes = await bytes.arrayBuffer();
    const program = ofRun.includes(name) ? (run ??= startProgram("run")) : study;
    return unwrap(JSON.parse(await program.call({ name, request: JSON.stringify(request), bytes }, signal)));
  }

  function close() {
    study.close();
    run?.close();
  }

  return { kind: "wasm", ended: new Promise(() => {}), call, close };
}

// startProgram starts a program in a worker, which answers one call at a time, in order: call(message, signal) resolves to
// the answer.
function startProgram(program) {
  const queue = []; // of {message, signal, resolve, reject}
  let worker = null;
  let running = null;
  let timer = 0;

  function start() {
    worker = new Worker(`worker.js?${program}`);
    worker.onmessage = ({ data }) => finish((call) => call.resolve(data));
    worker.onerror = (event) => {
      event.preventDefault();
      replace(new CallError("unreachable", `cnncalc could not be started: ${event.message ?? "no WebAssembly"}`));
    };
  }

  // replace ends the worker with the call that it is busy with.
  function replace(error) {
    worker.terminate();
    worker = null;
    finish((call) => call.reject(error));
  }

  function finish(settle) {
    clearTimeout(timer);
    const call = running;
    running = null;
    if (call) settle(call);
    next();
  }

  function next() {
    if (running || queue.length === 0) return;
    running = queue.shift();
    if (!worker) start();
    timer = setTimeout(() => replace(new CallError("limit", "the call takes too long")), patience);
    worker.postMessage(running.message);
  }

  function abandon(call) {
    call.reject(call.signal.reason);
    const at = queue.indexOf(call);
    if (at >= 0) queue.splice(at, 1);
    if (call === running) setTimeout(() => call === running && replace(call.signal.reason), grace);
  }

  function call(message, signal) {
    return new Promise((resolve, reject) => {
      const call = { message, signal, resolve, reject };
      signal?.addEventListener("abort", () => abandon(call), { once: true });
      queue.push(call);
      next();
    });
  }

  start();
  return { call, close: () => worker?.terminate() };
}
