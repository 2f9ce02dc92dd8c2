import { byId } from "./dom.js";
import { showPane } from "./split.js";

/**
 * startKeys has the keys of the page work, wherever the focus is, and the skip links.
 *
 * @param {object} options
 * @param {() => void} options.save
 * @param {ReturnType<typeof import("./editor.js").createEditor>} options.editor
 * @param {ReturnType<typeof import("./tabs.js").createTabs>} options.tabs
 * @param {string[]} options.ids of the tabs, for Alt-1 and on
 */
export function startKeys({ save, editor, tabs, ids }) {
  const toEditor = () => {
    showPane("source");
    editor.focus();
  };
  const toTabs = () => {
    showPane("results");
    tabs.focus();
  };
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const tab = event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)
      ? ids[Number(event.code[5]) - 1] : undefined;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") save();
    else if (event.altKey && event.code === "KeyE") toEditor();
    else if (tab) {
      tabs.show(tab);
      toTabs();
    } else return;
    event.preventDefault();
  });
  for (const link of document.querySelectorAll("[data-skip]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the fragment is for links that hold networks
      if (link.getAttribute("data-skip") === "editor") toEditor();
      else toTabs();
    });
  }
  byId("main").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
}
