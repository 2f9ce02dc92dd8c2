import { createDigit } from "./digit.js";
import { el } from "./dom.js";

/**
 * @typedef {{label: string, probability: number}} Rank
 * @typedef {{ranking: Rank[], layers: {name: string, kind?: string, output?: string, picture: string}[],
 *   milliseconds?: number, note?: string}} Answer
 */

/**
 * createRun runs the network on a picture: a drawn digit, or a file.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {(picture: Blob, signal: AbortSignal) => Promise<Answer>} options.run
 */
export function createRun(element, { run }) {
  const digit = createDigit(() => schedule());
  const ranking = el("ol", { class: "ranking", "aria-label": "Answers" });
  const note = el("p", { class: "run-note" }, "Draw a digit, or choose a picture.");
  const maps = el("div", { class: "maps" });
  const file = el("input", { type: "file", accept: "image/png,image/jpeg", hidden: true, "aria-label": "Picture" });
  element.append(
    el("div", { class: "run" },
      el("div", { class: "run-input" }, digit.element,
        el("p", {}, el("button", { type: "button", onclick: clear }, "Clear"),
          el("button", { type: "button", onclick: () => file.click() }, "Choose a picture"), file)),
      el("div", { class: "run-answer" }, note, ranking)),
    maps);
  file.addEventListener("change", () => {
    if (file.files?.[0]) answer(file.files[0]);
    file.value = "";
  });

  let isScheduled = false;
  let running = new AbortController();

  /** schedule answers the drawing once per frame, however many parts a stroke has in it. */
  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(async () => {
      isScheduled = false;
      const picture = await digit.picture();
      if (picture) answer(picture);
    });
  }

  function clear() {
    running.abort();
    digit.clear();
    ranking.replaceChildren();
    maps.replaceChildren();
    note.textContent = "Draw a digit, or choose a picture.";
  }

  async function answer(/** @type {Blob} */ picture) {
    running.abort();
    const own = (running = new AbortController());
    try {
      const result = await run(picture, own.signal);
      if (!own.signal.aborted) show(result);
    } catch (error) {
      if (!own.signal.aborted) note.textContent = /** @type {Error} */ (error).message;
    }
  }

  function show(/** @type {Answer} */ result) {
    note.textContent = result.note
      || (result.milliseconds === undefined ? "" : `Answered in ${result.milliseconds.toFixed(1)} ms.`);
    ranking.replaceChildren(...result.ranking.slice(0, 10).map(rank));
    maps.replaceChildren(...result.layers.map(map));
  }

  return { answer };
}

/** @param {Rank} ranked */
function rank({ label, probability }) {
  const percent = (100 * probability).toFixed(1);
  return el("li", {}, el("span", { class: "rank-label" }, label),
    el("meter", { value: probability, min: 0, max: 1, "aria-label": `${label}: ${percent}%` }),
    el("span", { class: "rank-share" }, `${percent}%`));
}

/** @param {Answer["layers"][number]} layer */
function map(layer) {
  const alt = `The maps of ${layer.name}, ${layer.kind ?? ""} ${layer.output ?? ""}`;
  return el("img", { src: `data:image/png;base64,${layer.picture}`, alt }); // the picture has a caption
}
