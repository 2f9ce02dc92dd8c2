import { connectLocal } from "./local.js";
import { connectWasm } from "./wasm.js";

// connect returns the adapter that this page was built for: the server on this machine, or WebAssembly in a worker.
// Both have the same interface, and the same Go code answers:
//
//   kind                                   "local" or "wasm"
//   call(name, request, {bytes, signal})   resolves to the response; bytes is an ArrayBuffer or a Blob, as a model or a
//                                          picture. It rejects with a CallError, or, when signal is aborted, with its
//                                          reason. A call that is aborted stops, or never starts.
//   ended                                  a promise, which resolves when the server has ended; never with WebAssembly
//   close()                                ends what the adapter holds
export function connect() {
  const meta = /** @type {HTMLMetaElement | null} */ (document.querySelector('meta[name="cnncalc-adapter"]'));
  return meta?.content === "wasm" ? connectWasm() : connectLocal();
}
