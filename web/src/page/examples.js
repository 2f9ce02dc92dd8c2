import { byId, el } from "./dom.js";

/**
 * createExamples lists the built-in networks in a dialog.
 *
 * @param {{name: string, hasWeights: boolean}[]} networks
 * @param {(name: string) => void} onChoose
 */
export function createExamples(networks, onChoose) {
  const dialog = byId("examples-dialog");
  const filter = byId("examples-filter");
  const list = byId("examples-list");

  const choose = (/** @type {string} */ name) => {
    dialog.close();
    onChoose(name);
  };
  const fill = () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    const found = networks.filter(({ name }) => words.every((/** @type {string} */ word) => name.includes(word)));
    list.replaceChildren(...found.map(({ name, hasWeights }) => el("li", {},
      el("button", { type: "button", onclick: () => choose(name) }, name,
        hasWeights ? el("small", {}, " with weights") : ""))));
    if (found.length === 0) list.append(el("li", { class: "empty" }, "No network has this name."));
  };
  filter.addEventListener("input", fill);
  filter.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const only = list.querySelector("button");
    if (event.key === "Enter") only?.click();
    if (event.key === "ArrowDown") only?.focus();
  });
  list.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => move(list, filter, event));

  return {
    open() {
      filter.value = "";
      fill();
      dialog.showModal();
      filter.focus();
    },
  };
}

/**
 * move moves the focus through a list with the arrow keys; above the first is the filter.
 *
 * @param {HTMLElement} list
 * @param {HTMLElement} filter
 * @param {KeyboardEvent} event
 */
function move(list, filter, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  const to = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement)) + step;
  (to < 0 ? filter : buttons[Math.min(to, buttons.length - 1)]).focus();
}
