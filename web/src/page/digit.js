import { el } from "./dom.js";

/** The side of the canvas, and how wide a stroke on it is. */
const side = 280;
const stroke = 22;

/**
 * createDigit returns a canvas to draw a digit on with the pointer, also by touch.
 *
 * @param {() => void} onDraw is called after each stroke's part
 */
export function createDigit(onDraw) {
  const canvas = el("canvas", {
    width: side, height: side, class: "digit", role: "img",
    "aria-label": "Drawing area for a digit; a picture can be dropped instead",
  });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.lineWidth = stroke;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = "#fff";
  clear();

  function clear() {
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
  }
  const at = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };
  /** @type {number[] | null} */
  let last = null;
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!last) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const to = at(part);
      line(last, to);
      last = to;
    }
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));

  function line(/** @type {number[]} */ from, /** @type {number[]} */ to) {
    context.beginPath();
    context.moveTo(from[0], from[1]);
    context.lineTo(to[0], to[1]);
    context.stroke();
    onDraw();
  }

  return {
    element: canvas,
    clear,
    /** picture returns the drawing as MNIST has digits: of a size, centred by its mass; null while nothing is drawn. */
    picture: () => centred(canvas, context),
  };
}

/**
 * centred returns a drawing as a picture of 28x28: its box is scaled to 20 pixels, and its centre of mass is in the
 * middle.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 * @returns {Promise<Blob | null>}
 */
async function centred(canvas, context) {
  const box = boxOf(context.getImageData(0, 0, side, side).data);
  if (!box) return null;
  const scale = 20 / Math.max(box.right - box.left, box.bottom - box.top);
  const small = el("canvas", { width: 28, height: 28 });
  const to = small.getContext("2d");
  to.fillStyle = "#000";
  to.fillRect(0, 0, 28, 28);
  to.imageSmoothingQuality = "high";
  const shift = (/** @type {number} */ centre, /** @type {number} */ low, /** @type {number} */ high) =>
    Math.min(28 - high * scale, Math.max(-low * scale, 14 - centre * scale));
  const x = shift(box.x, box.left, box.right);
  const y = shift(box.y, box.top, box.bottom);
  to.drawImage(halved(canvas, scale), x, y, side * scale, side * scale);
  return new Promise((resolve) => small.toBlob(resolve));
}

/**
 * halved returns a picture that is at most twice as large as it is going to be drawn: a browser that scales by more in
 * one step leaves pixels out.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} scale
 * @returns {HTMLCanvasElement}
 */
function halved(canvas, scale) {
  if (canvas.width <= 2 * side * scale) return canvas;
  const width = Math.ceil(canvas.width / 2);
  const half = el("canvas", { width, height: width });
  half.getContext("2d").drawImage(canvas, 0, 0, width, width);
  return halved(half, scale);
}

/**
 * boxOf returns the box of what is drawn, and its centre of mass; null if nothing is.
 *
 * @param {Uint8ClampedArray} pixels
 */
function boxOf(pixels) {
  let [left, top, right, bottom, mass, x, y] = [side, side, 0, 0, 0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    const value = pixels[4 * i];
    if (value === 0) continue;
    const [column, row] = [i % side, Math.floor(i / side)];
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
    mass += value;
    x += value * (column + 0.5);
    y += value * (row + 0.5);
  }
  return mass === 0 ? null : { left, top, right, bottom, x: x / mass, y: y / mass };
}
