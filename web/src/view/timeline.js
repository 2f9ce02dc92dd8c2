import { bytes, draw, frame, make, onWidth, sizes, wholeBytes } from "./chart.js";

/** How many tensors are listed of those alive at a step. */
const mostListed = 10;

/**
 * mountTimeline shows the memory over the steps of an iteration. The pointer, or the slider below, chooses a step, of
 * which the largest tensors that are alive are listed.
 *
 * @param {HTMLElement} element
 * @param {any} study
 * @param {{onSelect: (layer: string) => void, selected?: string}} options
 */
export function mountTimeline(element, study, { onSelect }) {
  element.classList.add("view-timeline");
  const chart = make("div", { class: "view-plot" });
  const slider = make("input", { type: "range", min: "0", "aria-label": "Step" });
  const title = make("p", { class: "view-step", "aria-live": "polite" });
  const list = make("ol", { class: "view-alive" });
  element.replaceChildren(chart, slider, title, list);

  let memory = study.memory;
  let at = memory?.at ?? 0;
  /** @type {any} */
  let plot;
  /** @type {any} */
  let cursor;

  function redraw() {
    element.hidden = !memory;
    if (!memory) return;
    const last = memory.steps.length - 1;
    slider.max = String(last);
    plot = frame(chart, {
      label: `Memory over ${memory.steps.length} steps, at most ${bytes(memory.peak)}`,
      x: { from: 0, to: Math.max(1, last), ticks: [], text: String, title: "steps" },
      y: { from: 0, to: memory.peak * 1.05, ticks: sizes(memory.peak), text: wholeBytes, title: "memory" },
    });
    plot.svg.append(
      draw("path", { d: area(memory.steps, "most"), class: "view-most" }),
      draw("path", { d: area(memory.steps, "live"), class: "view-live" }),
      ...phases(),
    );
    cursor = draw("line", { y1: plot.top, y2: plot.bottom, class: "view-cursor" });
    plot.svg.append(cursor);
    chart.replaceChildren(plot.svg);
    show(Math.min(at, last));
  }

  function area(/** @type {any[]} */ steps, /** @type {string} */ key) {
    const points = steps.map((step, i) => `L${plot.x(i)} ${plot.y(step[key])}`).join("");
    return `M${plot.x(0)} ${plot.bottom}${points}L${plot.x(steps.length - 1)} ${plot.bottom}Z`;
  }

  /** phases returns the names of the longer phases, each above its steps. */
  function phases() {
    const found = [];
    for (let i = 0; i < memory.steps.length; i++) {
      const { phase } = memory.steps[i];
      if (i > 0 && memory.steps[i - 1].phase === phase) continue;
      const length = memory.steps.filter((/** @type {any} */ step) => step.phase === phase).length;
      if (length * 8 < memory.steps.length) continue;
      found.push(draw("text", { x: plot.x(i) + 4, y: plot.bottom + 16, class: "view-tick" }, phase));
    }
    return found;
  }

  function show(/** @type {number} */ step) {
    at = step;
    const { phase, layer, live, most } = memory.steps[at];
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", `${layer} ${phase}`);
    cursor.setAttribute("x1", plot.x(at));
    cursor.setAttribute("x2", plot.x(at));
    const peak = at === memory.at ? ", the peak" : "";
    title.replaceChildren(make("b", {}, layer),
      ` ${phase}: at most ${bytes(most)}${peak}; ${bytes(live)} alive after it`);
    const alive = memory.tensors.filter((/** @type {any} */ t) => t.from <= at && at <= t.to);
    list.replaceChildren(...alive.slice(0, mostListed).map((/** @type {any} */ t) =>
      make("li", {}, make("span", { class: "view-size" }, bytes(t.bytes)), ` ${t.name} `,
        make("span", { class: "view-note" }, t.part === t.name ? "" : t.part))));
    if (alive.length > mostListed) {
      list.append(make("li", { class: "view-note" }, `and ${alive.length - mostListed} more`));
    }
  }

  chart.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (!plot) return;
    const box = plot.svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * plot.svg.viewBox.baseVal.width;
    const last = memory.steps.length - 1;
    show(Math.max(0, Math.min(last, Math.round(((x - plot.left) / (plot.right - plot.left)) * last))));
  });
  chart.addEventListener("click", () => memory && isLayer(memory.steps[at]) && onSelect(memory.steps[at].layer));
  slider.addEventListener("input", () => show(Number(slider.value)));
  onWidth(chart, redraw);
  redraw();
  return {
    update(/** @type {any} */ next) {
      const isAtPeak = at === memory?.at;
      memory = next.memory;
      if (isAtPeak && memory) at = memory.at;
      redraw();
    },
    select(/** @type {string} */ name) {
      const step = memory?.steps.findIndex((/** @type {any} */ s) => s.layer === name) ?? -1;
      if (step >= 0 && memory.steps[at].layer !== name) show(step);
    },
  };
}

const isLayer = (/** @type {any} */ step) => step.phase === "forward" || step.phase === "backward";
