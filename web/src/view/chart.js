const svgNamespace = "http://www.w3.org/2000/svg";

/**
 * make returns an HTML element.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * draw returns an SVG element.
 *
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** bytes returns a size for people, as cnncalc prints it: "3.2 GiB". */
export function bytes(/** @type {number} */ n) {
  let unit = -1;
  while (n >= 1023.95 && unit < 5) [n, unit] = [n / 1024, unit + 1];
  return unit < 0 ? `${n} B` : `${n.toFixed(1)} ${["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit]}`;
}

/** wholeBytes returns a size for an axis, where a ".0" would only take room: "500 MiB". */
export const wholeBytes = (/** @type {number} */ n) => bytes(n).replace(".0 ", " ");

/** count returns a whole number with commas. */
export const count = (/** @type {number} */ n) => grouped.format(n);
const grouped = new Intl.NumberFormat("en-US");

/** short returns a number with three digits and a prefix: "1.25 G". */
export function short(/** @type {number} */ n) {
  for (const [size, prefix] of /** @type {[number, string][]} */ (
    [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e3, " k"]])) {
    if (n >= size) return Number((n / size).toPrecision(3)) + prefix;
  }
  return String(Number(n.toPrecision(3)));
}

/** The room around a chart for its labels, in pixels. */
const margin = { left: 64, right: 16, top: 24, bottom: 30 };

/**
 * frame returns an empty chart with its axes: as wide as the element, and with scales that take values to pixels.
 *
 * @param {HTMLElement} element
 * @param {{label: string, x: Axis, y: Axis, height?: number}} options
 * @typedef {{from: number, to: number, isLog?: boolean, ticks: number[], text: (value: number) => string, title: string}} Axis
 */
export function frame(element, { label, x, y, height = 260 }) {
  const width = Math.max(300, Math.min(1080, element.clientWidth || 640));
  const [left, right, top, bottom] = [margin.left, width - margin.right, margin.top, height - margin.bottom];
  const scaleX = scale(x, left, right);
  const scaleY = scale(y, bottom, top);
  const svg = draw("svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label, class: "view-chart" });
  for (const value of y.ticks) {
    const at = scaleY(value);
    svg.append(draw("line", { x1: left, x2: right, y1: at, y2: at, class: "view-grid" }));
    svg.append(draw("text", { x: left - 6, y: at + 4, class: "view-tick", "text-anchor": "end" }, y.text(value)));
  }
  for (const value of x.ticks) {
    svg.append(draw("text", { x: scaleX(value), y: bottom + 16, class: "view-tick", "text-anchor": "middle" },
      x.text(value)));
  }
  svg.append(draw("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "view-axis" }));
  svg.append(draw("text", { x: right, y: height - 2, class: "view-tick", "text-anchor": "end" }, x.title));
  svg.append(draw("text", { x: left - 6, y: 12, class: "view-tick", "text-anchor": "end" }, y.title));
  return { svg, x: scaleX, y: scaleY, left, right, top, bottom };
}

/** scale returns a function from values of an axis to pixels. */
function scale(/** @type {Axis} */ { from, to, isLog = false }, /** @type {number} */ start,
  /** @type {number} */ end) {
  const at = isLog ? Math.log : (/** @type {number} */ v) => v;
  const span = at(to) - at(from) || 1;
  return (/** @type {number} */ v) => Math.round((start + ((at(v) - at(from)) / span) * (end - start)) * 10) / 10;
}

/** sizes returns a few round sizes up to a number of bytes: multiples of a power of two, as their units are. */
export function sizes(/** @type {number} */ most) {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(most / 5)));
  const found = [];
  for (let v = 0; v <= most; v += step) found.push(v);
  return found;
}

/** powers returns the powers of a base from one number to another, thinned out to a few. */
export function powers(/** @type {number} */ base, /** @type {number} */ from, /** @type {number} */ to, most = 7) {
  const all = [];
  for (let k = Math.ceil(Math.log(from) / Math.log(base) - 1e-9); base ** k <= to * 1.0001; k++) all.push(base ** k);
  const step = Math.ceil(all.length / most);
  return all.filter((_, i) => i % step === 0);
}

/** onWidth calls a function when the width of an element changes. */
export function onWidth(/** @type {HTMLElement} */ element, /** @type {() => void} */ call) {
  let width = element.clientWidth;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    call();
  }).observe(element);
}
