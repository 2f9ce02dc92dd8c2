import { draw, frame, make, onWidth, powers, short } from "./chart.js";

/**
 * mountRoofline shows how fast each layer can run on the machine: the MACs per byte that it moves, and the rate that
 * memory or arithmetic then allows. A click chooses a layer.
 *
 * @param {HTMLElement} element
 * @param {any} study
 * @param {{onSelect: (layer: string) => void, selected?: string}} options
 */
export function mountRoofline(element, study, { onSelect, selected = "" }) {
  element.classList.add("view-roofline");
  const chart = make("div", { class: "view-plot" });
  const note = make("p", { class: "view-step", "aria-live": "polite" });
  element.replaceChildren(chart, note);
  let current = study;
  let chosen = selected;

  function redraw() {
    const machine = current.roofline;
    element.hidden = !machine;
    if (!machine) return;
    const layers = placed(current);
    const intensities = layers.map(({ intensity }) => intensity);
    const [from, to] = [Math.min(machine.ridge / 4, ...intensities) / 1.5,
      Math.max(machine.ridge * 4, ...intensities) * 1.5];
    const roof = (/** @type {number} */ intensity) => Math.min(machine.peak, 2 * intensity * machine.bandwidth);
    const plot = frame(chart, {
      label: "Roofline: the rate that each layer can reach by its MACs per byte",
      x: { from, to, isLog: true, ticks: powers(10, from, to), text: short, title: "MACs per byte" },
      y: { from: roof(from) / 1.5, to: machine.peak * 1.6, isLog: true,
        ticks: powers(10, roof(from) / 1.5, machine.peak * 1.6), text: short, title: "FLOP/s" },
    });
    const path = `M${plot.x(from)} ${plot.y(roof(from))}L${plot.x(machine.ridge)} ${plot.y(machine.peak)}L${plot.x(to)} ${plot.y(machine.peak)}`;
    plot.svg.append(draw("path", { d: path, class: "view-line" }));
    const longest = Math.max(...layers.map(({ seconds }) => seconds));
    for (const { layer, intensity, seconds } of layers) {
      const point = draw("circle", {
        cx: plot.x(intensity), cy: plot.y(roof(intensity)), r: 3 + 7 * Math.sqrt(seconds / longest),
        class: layer.name === chosen ? "view-layer view-chosen" : "view-layer", "data-layer": layer.name });
      point.append(draw("title", {},
        `${layer.name} ${layer.text}: ${short(intensity)} MACs per byte, at least ${time(seconds)}`));
      plot.svg.append(point);
    }
    chart.replaceChildren(plot.svg);
    describe(layers, machine);
  }

  function describe(/** @type {any[]} */ layers, /** @type {any} */ machine) {
    const one = layers.find(({ layer }) => layer.name === chosen);
    const bound = layers.filter(({ intensity }) => intensity < machine.ridge).length;
    note.textContent = one
      ? `${one.layer.name}: ${short(one.intensity)} MACs per byte, at least ${time(one.seconds)}; ${one.intensity < machine.ridge ? "memory" : "arithmetic"} bounds it`
      : `Below ${short(machine.ridge)} MACs per byte memory is the bound: for ${bound} of ${layers.length} layers with MACs. The larger a circle, the longer the layer.`;
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

/**
 * placed returns the layers with MACs, and where they are under the roof. A layer has the MACs of one picture and moves
 * the bytes of the batch.
 *
 * @param {any} study
 * @returns {{layer: any, intensity: number, seconds: number}[]}
 */
function placed({ layers, roofline: { batch, peak, bandwidth } }) {
  return layers.filter((/** @type {any} */ layer) => layer.macs && layer.moved).map((/** @type {any} */ layer) => ({
    layer,
    intensity: (layer.macs * batch) / layer.moved,
    seconds: Math.max((2 * layer.macs * batch) / peak, layer.moved / bandwidth),
  }));
}

/** time returns a number of seconds for people. */
function time(/** @type {number} */ seconds) {
  return seconds < 1 ? `${Number((seconds * 1e3).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;
}
