// A link has the network in the address's fragment, which browsers send to no server: JSON, deflated, in base64url.

/** The most characters that a link's fragment may have, and the most of the text in it. */
const maxFragment = 64 << 10;
const maxText = 1 << 20;

/**
 * @typedef {{name: string, text: string, set?: Record<string, string>, settings?: Record<string, string | number>}} Shared
 */

/**
 * linkTo returns the address of this page with a network in it.
 *
 * @param {Shared} shared
 * @returns {Promise<string>}
 */
export async function linkTo(shared) {
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(shared)),
    Infinity);
  const fragment = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (fragment.length > maxFragment) throw new Error("the network is too large for a link: send the file");
  return `${location.origin}${location.pathname}#network=${fragment}`;
}

/**
 * sharedIn returns the network that an address's fragment has, null if it has none.
 *
 * @param {string} fragment
 * @returns {Promise<Shared | null>}
 */
export async function sharedIn(fragment) {
  const packed = new URLSearchParams(fragment.replace(/^#/, "")).get("network");
  if (packed === null) return null;
  const wrong = new Error("the link is damaged: it does not hold a network");
  if (packed.length > maxFragment || !/^[\w-]+$/.test(packed)) throw wrong;
  let shared;
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")),
      (character) => character.charCodeAt(0));
    shared = JSON.parse(
      new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes, maxText)));
  } catch {
    throw wrong;
  }
  if (typeof shared?.text !== "string") throw wrong;
  return { ...shared, name: typeof shared.name === "string" ? shared.name.slice(0, 100) : "network" };
}

/**
 * through returns what a stream makes of bytes, and fails at more than most.
 *
 * @param {GenericTransformStream} stream
 * @param {Uint8Array} bytes
 * @param {number} most
 * @returns {Promise<Uint8Array>}
 */
async function through(stream, bytes, most) {
  const reader = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(stream).getReader();
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error("too large");
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
