import { CallError, unwrap } from "./error.js";

// connectLocal returns the adapter to the server that this page is from.
export function connectLocal() {
  return { kind: "local", call, close() {} };
}

async function call(name, request, { bytes, signal } = {}) {
  let response;
  try {
    response = await fetch(`api/${name}`, { method: "POST", signal, ...body(request, bytes) });
    return unwrap(await response.json());
  } catch (error) {
    if (signal?.aborted || error instanceof CallError) throw error;
    throw new CallError("unreachable", "cnncalc does not answer: start cnncalc edit again");
  }
}

// body returns a request as JSON, or with bytes as a form of two parts.
function body(request, bytes) {
  const json = JSON.stringify(request);
  if (bytes === undefined) return { body: json, headers: { "Content-Type": "application/json" } };
  const form = new FormData();
  form.append("request", json);
  form.append("bytes", new Blob([bytes]));
  return { body: form };
}
