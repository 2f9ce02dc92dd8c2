/** How high the strips of a drawing are at least, in pixels, and how high a drawing may be to be cut. */
const leastStrip = 40;
const mostHeight = 100_000;

/** How much smaller than on the screen a drawing may be, to have more columns on a page. */
const smaller = 0.8;

/** How much two strips overlap, in pixels, so that there is no seam between them. */
const overlap = 0.3;

/** The style of the strips, for the shadow tree of a drawing. */
export const paperStyle = `
  .strips { display: none }
  @media print {
    svg { max-width: 100%; height: auto }
    svg:has(~ .strips) { display: none }
    .strips { display: block; column-fill: auto; column-gap: 24px }
    .strips svg { margin: 0 auto -${overlap}px; overflow: hidden }
  }
`;

/**
 * cutForPaper has the drawing in a shadow tree printed as strips, between which pages and columns can break: a browser
 * breaks one high drawing wherever a page ends, through boxes and texts, and leaves the page before it half empty.
 *
 * @param {HTMLElement} host
 */
export function cutForPaper(host) {
  const remove = () => host.shadowRoot?.querySelector(".strips")?.remove();
  addEventListener("beforeprint", () => {
    remove();
    const svg = host.shadowRoot?.querySelector("svg");
    if (!svg || host.clientWidth === 0 || svg.viewBox.baseVal.height > mostHeight) return;
    svg.after(inStrips(svg));
  });
  addEventListener("afterprint", remove);
}

/** inStrips returns a copy of a drawing as strips in columns. */
function inStrips(/** @type {SVGSVGElement} */ svg) {
  const { width } = svg.viewBox.baseVal;
  const edges = cuts(svg);
  const strips = edges.slice(1).map((end, i) => {
    const strip = /** @type {SVGSVGElement} */ (svg.cloneNode(false));
    const height = end - edges[i];
    strip.setAttribute("viewBox", `0 ${edges[i]} ${width} ${height + overlap}`);
    strip.setAttribute("width", String(width));
    strip.setAttribute("height", String(height + overlap));
    return strip;
  });
  let first = 0; // of the strips that are not above the element, as elements are mostly in order
  for (const element of svg.children) {
    if (!(element instanceof SVGGraphicsElement) || element.matches(".page, .title")) continue;
    const { y, height } = element.getBBox();
    while (first > 0 && edges[first] > y) first--;
    while (first + 1 < strips.length && edges[first + 1] < y) first++;
    for (let i = first; i < strips.length && edges[i] <= y + height; i++) strips[i].append(element.cloneNode(true));
  }
  const all = document.createElement("div");
  all.className = "strips";
  all.setAttribute("aria-hidden", "true");
  all.style.columnWidth = `${Math.round(width * smaller)}px`;
  all.append(...strips);
  return all;
}

/**
 * cuts returns where a drawing can be cut without a box or a text being cut, its ends included.
 *
 * @param {SVGSVGElement} svg
 * @returns {number[]}
 */
function cuts(svg) {
  const whole = [...svg.querySelectorAll(".box, text:not(.title)")].map((one) => /** @type {SVGGraphicsElement} */ (one).getBBox());
  whole.sort((a, b) => a.y - b.y);
  const found = [0];
  let end = 0; // of all so far
  for (const { y, height } of whole) {
    const middle = (end + y) / 2;
    if (end > 0 && y > end + 2 && middle - found[found.length - 1] >= leastStrip) found.push(Math.round(middle));
    end = Math.max(end, y + height);
  }
  return [...found, svg.viewBox.baseVal.height];
}
