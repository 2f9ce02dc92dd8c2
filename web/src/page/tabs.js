import { byId, el } from "./dom.js";

/**
 * createTabs makes the tabs of the results, as ARIA has them: one is in the tab order, arrows choose another.
 *
 * @param {{id: string, title: string}[]} tabs
 * @param {(id: string) => void} onShow
 */
export function createTabs(tabs, onShow) {
  /** @type {Map<string, {button: HTMLElement, badge: HTMLElement, panel: HTMLElement}>} */
  const parts = new Map();
  for (const { id, title } of tabs) {
    const badge = el("span", { class: "badge" });
    const button = el("button", {
      type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => show(id),
    }, title, badge);
    const panel = el("div",
      { role: "tabpanel", id: `panel-${id}`, class: "panel", "aria-labelledby": `tab-${id}`, tabindex: "0" });
    parts.set(id, { button, badge, panel });
    byId("tabs").append(button);
    byId("panels").append(panel);
  }
  let shown = "";

  function show(/** @type {string} */ id) {
    shown = id;
    byId("main").dataset.shown = id;
    for (const [other, { button, panel }] of parts) {
      button.setAttribute("aria-selected", String(other === id));
      button.tabIndex = other === id ? 0 : -1;
      panel.hidden = other !== id;
    }
    onShow(id);
  }

  byId("tabs").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex(({ id }) => id === shown);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(tabs[(to + tabs.length) % tabs.length].id);
    parts.get(shown)?.button.focus();
  });

  return {
    show,
    first: tabs[0].id,
    shown: () => shown,
    panel: (/** @type {string} */ id) => /** @type {HTMLElement} */ (parts.get(id)?.panel),
    focus: () => parts.get(shown)?.button.focus(),
    /** count shows a number at a tab; 0 for none. */
    count(/** @type {string} */ id, /** @type {number} */ n, /** @type {boolean} */ isSevere) {
      const badge = parts.get(id)?.badge;
      if (!badge) return;
      badge.textContent = n ? ` ${n}` : "";
      badge.classList.toggle("severe", isSevere);
    },
  };
}
