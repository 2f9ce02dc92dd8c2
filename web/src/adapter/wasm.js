import { CallError, unwrap } from "./error.js";

// The most time that one call may take. Go code in a worker can't be interrupted, so that the worker is replaced.
const patience = 60_000;
// How long a call that nobody waits for any more may hold up the next one.
const grace = 1_000;

// The calls that the program run answers, which is fetched when one is first needed. The program study answers the
// others.
const ofRun = ["run", "convert"];

/**
 * @typedef {{message: object, signal?: AbortSignal, resolve: (answer: string) => void, reject: (error: Error) => void}} Waiting
 */

// connectWasm returns the adapter to cnncalc in WebAssembly.
export function connectWasm() {
  const study = startProgram("study"); // what takes longest begins at once
  /** @type {ReturnType<typeof startProgram> | null} */
  let run = null;

  /**
   * @param {string} name
   * @param {object} request
   * @param {import("./local.js").CallOptions} options
   */
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

// startProgram starts a program in a worker, which answers one call at a time, in order: call(message, signal) resolves
// to the answer.
function startProgram(/** @type {string} */ program) {
  /** @type {Waiting[]} */
  const queue = [];
  /** @type {Worker | null} */
  let worker = null;
  /** @type {Waiting | null} */
  let running = null;
  let timer = 0;

  function start() {
    const started = new Worker(`worker.js?${program}`);
    started.onmessage = ({ data }) => finish((call) => call.resolve(data));
    started.onerror = (event) => {
      event.preventDefault();
      replace(new CallError("unreachable", `cnncalc could not be started: ${event.message ?? "no WebAssembly"}`));
    };
    return started;
  }

  // replace ends the worker with the call that it is busy with.
  function replace(/** @type {Error} */ error) {
    worker?.terminate();
    worker = null;
    finish((call) => call.reject(error));
  }

  function finish(/** @type {(call: Waiting) => void} */ settle) {
    clearTimeout(timer);
    const call = running;
    running = null;
    if (call) settle(call);
    next();
  }

  function next() {
    if (running) return;
    running = queue.shift() ?? null;
    if (!running) return;
    worker ??= start();
    timer = setTimeout(() => replace(new CallError("limit", "the call takes too long")), patience);
    worker.postMessage(running.message);
  }

  function abandon(/** @type {Waiting} */ call) {
    const reason = call.signal?.reason;
    call.reject(reason);
    const at = queue.indexOf(call);
    if (at >= 0) queue.splice(at, 1);
    if (call === running) setTimeout(() => call === running && replace(reason), grace);
  }

  /**
   * @param {object} message
   * @param {AbortSignal=} signal
   * @returns {Promise<string>}
   */
  function call(message, signal) {
    return new Promise((resolve, reject) => {
      const call = { message, signal, resolve, reject };
      signal?.addEventListener("abort", () => abandon(call), { once: true });
      queue.push(call);
      next();
    });
  }

  worker = start();
  return { call, close: () => worker?.terminate() };
}
