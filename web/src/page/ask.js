import { byId, el } from "./dom.js";

/**
 * ask puts a question, and resolves to the answer's key; to "" if the dialog is closed without one. The last answer is
 * the one that does the least harm, and has the focus.
 *
 * @param {string} title
 * @param {string} text
 * @param {Record<string, string>} answers by their key
 * @returns {Promise<string>}
 */
export function ask(title, text, answers) {
  const dialog = byId("question");
  byId("question-title").textContent = title;
  byId("question-text").textContent = text;
  const buttons = Object.entries(answers).map(([key, answer]) =>
    el("button", { type: "button", onclick: () => dialog.close(key) }, answer));
  byId("question-actions").replaceChildren(...buttons);
  dialog.returnValue = "";
  dialog.showModal();
  buttons[buttons.length - 1].focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** startDialogs has every close button close its dialog. */
export function startDialogs() {
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
}
