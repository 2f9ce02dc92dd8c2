import { announce, el } from "./dom.js";
import { offsetOf } from "./place.js";

/**
 * @typedef {import("./study.js").Problem} Problem
 * @typedef {import("./study.js").Fix} Fix
 */

/**
 * diagnosticsOf returns problems as an editor marks them.
 *
 * @param {import("@codemirror/state").Text} text
 * @param {Problem[]} problems
 * @returns {import("@codemirror/lint").Diagnostic[]}
 */
export function diagnosticsOf(text, problems) {
  return problems
    .filter((problem) => problem.line > 0)
    .map((problem) => {
      const from = offsetOf(text, problem.line, problem.column);
      const to = Math.max(from, offsetOf(text, problem.endLine, problem.endColumn));
      return /** @type {import("@codemirror/lint").Diagnostic} */ ({
        from,
        to,
        severity: isSevere(problem) ? "error" : "info",
        message: [problem.message, problem.fits, problem.hint].filter(Boolean).join("\n"),
        renderMessage: () => message(problem),
        actions: (problem.fixes ?? []).map((fix) => ({
          name: fix.title,
          apply: (view) => view.dispatch({ changes: changesOf(view.state.doc, fix), userEvent: "input.fix" }),
        })),
      });
    })
    .sort((a, b) => a.from - b.from);
}

/**
 * isSevere reports whether a problem makes the network unsound; a note does not.
 *
 * @param {Problem} problem
 */
export function isSevere(problem) {
  return problem.severity === "problem";
}

/**
 * @param {import("@codemirror/state").Text} text
 * @param {Fix} fix
 */
function changesOf(text, fix) {
  return fix.edits.map((edit) => ({
    from: offsetOf(text, edit.line, edit.column),
    to: offsetOf(text, edit.endLine, edit.endColumn),
    insert: edit.text,
  }));
}

/** @param {Problem} problem */
function message(problem) {
  const parts = [el("span", { class: "problem-message" }, problem.message)];
  for (const more of [problem.context, problem.fits, problem.hint]) {
    if (more) parts.push(el("span", { class: "problem-more" }, more));
  }
  return el("span", { class: "problem-text" }, ...parts);
}

/**
 * createProblems lists the problems with their fixes as buttons.
 *
 * @param {HTMLElement} element
 * @param {ReturnType<typeof import("./editor.js").createEditor>} editor
 */
export function createProblems(element, editor) {
  const apply = (/** @type {Fix} */ fix) => {
    editor.replace(changesOf(editor.view.state.doc, fix));
    announce(`Applied: ${fix.title}`);
  };
  const go = (/** @type {Problem} */ problem) => {
    editor.go(problem.line, problem.column);
    editor.focus();
  };
  return {
    /** update lists problems; those of a text that has changed since have no fixes to press. */
    update(/** @type {Problem[]} */ problems) {
      element.replaceChildren(problems.length === 0
        ? el("p", { class: "empty" }, "No problems and no notes.")
        : el("ul", { class: "problems" }, ...problems.map((problem) => item(problem, apply, go))));
    },
  };
}

/**
 * @param {Problem} problem
 * @param {(fix: Fix) => void} apply
 * @param {(problem: Problem) => void} go
 */
function item(problem, apply, go) {
  const fixes = (problem.fixes ?? []).map((fix) =>
    el("button", { type: "button", class: "fix", onclick: () => apply(fix) }, fix.title));
  const place = problem.line > 0
    ? el("button", { type: "button", class: "place", onclick: () => go(problem) },
      `line ${problem.line}, column ${problem.column}`)
    : "";
  return el("li", { class: isSevere(problem) ? "severe" : "note" },
    el("p", { class: "problem-head" }, el("span", { class: "mark" }, isSevere(problem) ? "problem" : "note"), place),
    message(problem),
    ...(fixes.length ? [el("p", { class: "fixes" }, ...fixes)] : []));
}
