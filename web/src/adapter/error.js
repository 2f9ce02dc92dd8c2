// CallError is an answer that is an error: message is for the user, and code says which kind it is:
//
//   "request"     the request is wrong
//   "problem"     the file, model or picture has a problem
//   "conflict"    the file changed on disk
//   "limit"       the call takes too long or is too large
//   "internal"    a fault of cnncalc
//   "unreachable" the server has ended, or the WebAssembly could not be loaded
export class CallError extends Error {
  constructor(/** @type {string} */ code, /** @type {string} */ message) {
    super(message);
    this.name = "CallError";
    this.code = code;
  }
}

// unwrap returns the result of an answer, {result} or {error: {code, message}}.
export function unwrap(/** @type {any} */ answer) {
  if (answer.error) throw new CallError(answer.error.code, answer.error.message);
  return answer.result;
}
