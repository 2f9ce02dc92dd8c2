import { bytes, count, draw, frame, make, onWidth, powers, wholeBytes } from "./chart.js";

/** How far apart the names of devices are at least, in pixels; the table names them all. */
const nameHeight = 13;

/**
 * mountBatches shows the memory of batches as a line, and what devices have as lines across, with the largest batch
 * that fits each.
 *
 * @param {HTMLElement} element
 * @param {any} study
 */
export function mountBatches(element, study) {
  element.classList.add("view-batches");
  const chart = make("div", { class: "view-plot" });
  const table = make("tbody");
  element.replaceChildren(chart, make("table", { class: "view-devices" },
    make("thead", {}, make("tr", {},
      ...["device", "for the network", "largest batch"].map((text) => make("th", { scope: "col" }, text)))), table));
  let batches = study.batches;

  function redraw() {
    element.hidden = !batches;
    if (!batches) return;
    const points = batches.points;
    const last = points[points.length - 1];
    const most = Math.max(last.bytes, ...batches.devices.map((/** @type {any} */ d) => d.bytes));
    const least = Math.min(points[0].bytes, ...batches.devices.map((/** @type {any} */ d) => d.bytes)) / 1.3;
    const plot = frame(chart, {
      label: "Memory of batches, and the memory of devices",
      x: { from: 1, to: Math.max(2, last.batch), isLog: true, ticks: powers(2, 1, last.batch, 8), text: count,
        title: "batch" },
      y: { from: least, to: most * 1.3, isLog: true, ticks: powers(4, least, most * 1.3), text: wholeBytes,
        title: "memory" },
      height: 280,
    });
    /** @type {number[]} */
    const named = []; // where names are
    const names = []; // over all lines
    for (const device of chosenFirst(batches.devices)) {
      const y = plot.y(device.bytes);
      plot.svg.append(draw("line", { x1: plot.left, x2: plot.right, y1: y, y2: y,
        class: device.chosen ? "view-limit view-chosen" : "view-limit" }));
      if (named.some((other) => Math.abs(other - y) < nameHeight)) continue;
      named.push(y);
      names.push(draw("text", { x: plot.left + 6, y: y - 4, class: "view-tick" }, device.name));
    }
    plot.svg.append(...names);
    const line = points.map((/** @type {any} */ p, /** @type {number} */ i) =>
      `${i ? "L" : "M"}${plot.x(p.batch)} ${plot.y(p.bytes)}`).join("");
    plot.svg.append(draw("path", { d: line, class: "view-line" }));
    for (const p of points) {
      plot.svg.append(draw("circle", { cx: plot.x(p.batch), cy: plot.y(p.bytes), r: 3, class: "view-point" },
        draw("title", {}, `${count(p.batch)}: ${bytes(p.bytes)}`)));
    }
    chart.replaceChildren(plot.svg);
    table.replaceChildren(...batches.devices.map((/** @type {any} */ d) => make(
      "tr", d.chosen ? { "aria-current": "true" } : {}, make("td", {}, d.name),
      make("td", { class: "view-number" }, bytes(d.bytes)),
      make("td", { class: "view-number" }, count(d.largest)))));
  }

  onWidth(chart, redraw);
  redraw();
  return {
    update(/** @type {any} */ next) {
      batches = next.batches;
      redraw();
    },
    select() {},
  };
}

/** chosenFirst returns devices in an order in which the chosen one has its name before there is no room for it. */
const chosenFirst = (/** @type {any[]} */ devices) =>
  [...devices].sort((a, b) => Number(b.chosen ?? false) - Number(a.chosen ?? false));
