import { byId } from "./dom.js";

/** startSplit lets the width of the editor be set with the pointer and with the arrow keys, in percent of the page. */
export function startSplit() {
  const handle = byId("split");
  const main = byId("main");
  let width = 42;

  const set = (/** @type {number} */ to) => {
    width = Math.min(75, Math.max(20, Math.round(to)));
    main.style.setProperty("--source-width", `${width}%`);
    handle.setAttribute("aria-valuenow", String(width));
  };
  handle.addEventListener("pointerdown",
    (/** @type {PointerEvent} */ event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    if (handle.hasPointerCapture(event.pointerId)) set((event.clientX / innerWidth) * 100);
  });
  handle.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step) set(width + step);
  });

  const panes = { source: byId("show-source"), results: byId("show-results") };
  for (const [name, button] of Object.entries(panes)) button.addEventListener("click", () => showPane(name));
}

/**
 * showPane shows a pane where the page is too narrow for both.
 *
 * @param {string} name
 */
export function showPane(name) {
  byId("main").dataset.pane = name;
  byId("show-source").setAttribute("aria-pressed", String(name === "source"));
  byId("show-results").setAttribute("aria-pressed", String(name === "results"));
}
