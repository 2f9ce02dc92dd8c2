import { CallError, unwrap } from "./error.js";

/** @typedef {{bytes?: ArrayBuffer | Blob, signal?: AbortSignal}} CallOptions */

// connectLocal returns the adapter to the server that this page is from.
export function connectLocal() {
  const token = takeToken();
  const ended = stayAlive(token);
  addEventListener("pagehide", () => post("left", token, { keepalive: true }).catch(() => {}));
  return {
    kind: "local",
    ended,
    call: (/** @type {string} */ name, /** @type {object} */ request, /** @type {CallOptions=} */ options) =>
      call(name, token, request, options),
    close() {},
  };
}

// takeToken takes the server's token off the address, where it could be copied with it. It stays with this tab.
function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token");
  if (token === null) return sessionStorage.getItem("cnncalc-token") ?? "";
  sessionStorage.setItem("cnncalc-token", token);
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(null, "", location.pathname + location.search + (rest && `#${rest}`));
  return token;
}

function post(/** @type {string} */ path, /** @type {string} */ token, /** @type {RequestInit} */ options) {
  return fetch(`api/${path}`, {
    method: "POST",
    ...options,
    headers: { Authorization: `Bearer ${token}`, ...options.headers },
  });
}

// stayAlive keeps a request open, by which the server knows that the page is. It resolves when the server has ended.
// One tab of several does, so that the others have all connections that a browser grants.
function stayAlive(/** @type {string} */ token) {
  return navigator.locks.request("cnncalc-alive", async () => {
    for (let failures = 0; failures < 2; failures++) {
      try {
        const response = await post("alive", token, {});
        if (!response.ok || !response.body) return;
        for (const reader = response.body.getReader(); !(await reader.read()).done; ) failures = 0;
      } catch {
        // the connection broke: the next turn says whether the server is gone
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });
}

/**
 * call posts a call, and resolves to its result.
 *
 * @param {string} name
 * @param {string} token
 * @param {object} request
 * @param {CallOptions} options
 */
async function call(name, token, request, { bytes, signal } = {}) {
  try {
    const response = await post(name, token, { signal, ...body(request, bytes) });
    return unwrap(await response.json());
  } catch (error) {
    if (signal?.aborted || error instanceof CallError) throw error;
    throw new CallError("unreachable", "cnncalc has ended: start cnncalc edit again");
  }
}

// body returns a request as JSON, or with bytes as a form of two parts.
function body(/** @type {object} */ request, /** @type {ArrayBuffer | Blob | undefined} */ bytes) {
  const json = JSON.stringify(request);
  if (bytes === undefined) return { body: json, headers: { "Content-Type": "application/json" } };
  const form = new FormData();
  form.append("request", json);
  form.append("bytes", new Blob([bytes]));
  return { body: form };
}
