import { announce, byId } from "./dom.js";
import { isSevere } from "./problems.js";
import { countLayers } from "../view/layers.js";

/** createStatus is the line below the editor: the first problem or what was done last, and where the cursor is. */
export function createStatus() {
  const button = byId("problem");
  /** @type {import("./study.js").Problem[]} */
  let problems = [];
  let timer = 0;
  let summary = "";

  function refresh() {
    const severe = problems.filter(isSevere);
    const first = severe[0];
    button.classList.toggle("severe", first !== undefined);
    const others = severe.length > 1 ? ` (and ${severe.length - 1} more)` : "";
    button.textContent = first ? `${first.line ? `${first.line}:${first.column} ` : ""}${first.message}${others}` : summary;
    button.title = first ? "Go to the problem" : "";
  }

  return {
    problems: () => problems,
    onProblem: (/** @type {() => void} */ go) => button.addEventListener("click", go),
    place(/** @type {number} */ line, /** @type {number} */ column) {
      byId("position").textContent = `${line}:${column}`;
    },
    /** say shows what was done for a while. */
    say(/** @type {string} */ text) {
      announce(text);
      clearTimeout(timer);
      button.classList.remove("severe");
      button.textContent = text;
      timer = window.setTimeout(() => {
        timer = 0;
        refresh();
      }, 4000);
    },
    study(/** @type {import("./study.js").Study} */ study, /** @type {number} */ took) {
      const had = problems.filter(isSevere)[0]?.message;
      problems = study.problems;
      summary = `${countLayers(study.layers)}, computed in ${Math.round(took)} ms`;
      const has = problems.filter(isSevere)[0]?.message;
      if (has !== had) announce(has ? `Problem: ${has}` : "No problems");
      if (!timer || has) refresh();
    },
  };
}
