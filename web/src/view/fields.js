import { draw, frame, make, onWidth, powers } from "./chart.js";

/** How many pixels apart the points of two layers are at least: of more layers, those that see more are drawn. */
const apart = 3;

/**
 * mountFields shows the receptive field of each layer: the pixels of the picture that one of its values sees. A click
 * chooses a layer.
 *
 * @param {HTMLElement} element
 * @param {any} study
 * @param {{onSelect: (layer: string) => void, selected?: string}} options
 */
export function mountFields(element, study, { onSelect, selected = "" }) {
  element.classList.add("view-fields");
  const chart = make("div", { class: "view-plot" });
  const note = make("p", { class: "view-step", "aria-live": "polite" });
  element.replaceChildren(chart, note);
  let current = study;
  let chosen = selected;

  function redraw() {
    const layers = current.layers.filter((/** @type {any} */ layer) => layer.field && !layer.training);
    element.hidden = layers.length === 0;
    if (element.hidden) return;
    const picture = longest((current.inputs[0]?.size ?? "1x1").split("x").slice(0, 2).map(Number));
    const most = Math.max(picture, ...layers.map((/** @type {any} */ layer) => longest(layer.field.size))) * 1.3;
    const plot = frame(chart, {
      label: "The receptive field of each layer in pixels of the picture",
      x: { from: 0, to: layers.length, ticks: [], text: String, title: "layers, in order" },
      y: { from: 0.8, to: most, isLog: true, ticks: powers(2, 1, most, 9), text: String, title: "pixels" },
    });
    const y = plot.y(picture);
    plot.svg.append(draw("line", { x1: plot.left, x2: plot.right, y1: y, y2: y, class: "view-limit" }));
    let last = -apart;
    layers.forEach((/** @type {any} */ layer, /** @type {number} */ i) => {
      const [x, size] = [plot.x(i + 0.5), longest(layer.field.size)];
      const isChosen = layer.name === chosen;
      if (x - last < apart && !isChosen && size <= longest(layers[i - 1].field.size)) return;
      last = x;
      const point = draw("circle", { cx: x, cy: plot.y(size), r: isChosen ? 6 : 4,
        class: isChosen ? "view-layer view-chosen" : "view-layer", "data-layer": layer.name });
      point.append(draw("title", {}, describe(layer)));
      plot.svg.append(point);
    });
    plot.svg.append(draw("text", { x: plot.left + 4, y: y - 4 }, `the picture, ${picture} pixels`)); // over the points
    chart.replaceChildren(plot.svg);
    const one = layers.find((/** @type {any} */ layer) => layer.name === chosen);
    note.textContent = one ? describe(one) : summary(layers, picture);
  }

  chart.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const name = /** @type {Element} */ (event.target).getAttribute?.("data-layer");
    if (name) onSelect(name);
  });
  onWidth(chart, redraw);
  redraw();
  return {
    update(/** @type {any} */ next) {
      current = next;
      redraw();
    },
    select(/** @type {string} */ name) {
      if (name === chosen) return;
      chosen = name;
      redraw();
    },
  };
}

const longest = (/** @type {number[]} */ size) => Math.max(...size);

/** describe says what a value of a layer sees. */
function describe(/** @type {any} */ { name, text, field }) {
  const jump = field.jump.some((/** @type {number} */ step) => step > 0) ? `; the next value sees it ${field.jump.join("x")} pixels on` : "";
  return `${name} ${text}: a value sees ${field.size.join("x")} pixels of the picture${jump}`;
}

/** summary says which layer is the first that can see the whole picture. */
function summary(/** @type {any[]} */ layers, /** @type {number} */ picture) {
  const first = layers.find((layer) => longest(layer.field.size) >= picture);
  return first ? `${first.name} is the first layer with a field as large as the picture.` : "No layer has a field as large as the picture.";
}
