import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  EditorView, closeHoverTooltips, drawSelection, hasHoverTooltips, highlightActiveLine, highlightActiveLineGutter,
  highlightSpecialChars, hoverTooltip, keymap, lineNumbers, showTooltip,
} from "@codemirror/view";
import { completion } from "./completion.js";
import { helpAt } from "./describe.js";
import { notation } from "./notation.js";
import { columnOf, offsetOf } from "./place.js";
import { diagnosticsOf } from "./problems.js";

/** Marks changes that the page makes, for which the cursor is not the user's. */
const byPage = Annotation.define();

/**
 * createEditor puts the editor of the network file into an element.
 *
 * @param {HTMLElement} parent
 * @param {object} options
 * @param {() => import("./vocabulary.js").Language} options.language
 * @param {() => void} options.onChange is called after each change of the text
 * @param {(line: number, column: number, isUser: boolean) => void} options.onCursor
 */
export function createEditor(parent, { language, onChange, onCursor }) {
  const extensions = [
    lineNumbers(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(),
    EditorState.allowMultipleSelections.of(true), bracketMatching(), closeBrackets(), highlightActiveLine(),
    highlightSelectionMatches(), search({ top: true }), lintGutter(), notation,
    autocompletion({ override: [completion(language)], icons: false }),
    hoverTooltip((view, at) => tooltipAt(view.state, at, language()), { hoverTime: 250 }),
    helpField,
    keymap.of([
      { key: "F1", run: (view) => showHelp(view, language()), preventDefault: true },
      { key: "Escape", run: hideHelp },
      ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of(
      { "aria-label": "Network file", spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange();
      if (update.selectionSet || update.docChanged) {
        const isUser = !update.transactions.some((transaction) => transaction.annotation(byPage));
        const at = update.state.selection.main.head;
        onCursor(update.state.doc.lineAt(at).number, columnOf(update.state.doc, at), isUser);
      }
    }),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ extensions }) });
  return {
    view,
    text: () => view.state.doc.toString(),
    /** open shows another text, without the history of the one before. */
    open(/** @type {string} */ text) {
      view.setState(EditorState.create({ doc: text, extensions }));
      onChange();
    },
    /** replace changes parts of the text as one step of the history. */
    replace(/** @type {{from: number, to: number, insert: string}[]} */ changes) {
      view.dispatch({ changes, annotations: byPage.of(true), userEvent: "input.page" });
    },
    /** mark underlines problems, of the text as it is. */
    mark(/** @type {import("./study.js").Problem[]} */ problems) {
      view.dispatch(setDiagnostics(view.state, diagnosticsOf(view.state.doc, problems)));
    },
    /** go puts the cursor to a place, and shows it. */
    go(/** @type {number} */ line, /** @type {number} */ column) {
      const at = offsetOf(view.state.doc, line, column);
      view.dispatch({
        selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "nearest", yMargin: 60 }),
        annotations: byPage.of(true),
      });
    },
    focus: () => view.focus(),
  };
}

/** @type {StateEffect<import("@codemirror/view").Tooltip | null>} */
const setHelp = /** @type {any} */ (StateEffect.define());

/** helpField has the help that a key asked for, until the cursor or the text changes. */
const helpField = StateField.define({
  create: () => /** @type {import("@codemirror/view").Tooltip | null} */ (null),
  update(shown, transaction) {
    for (const effect of transaction.effects) if (effect.is(/** @type {any} */ (setHelp))) return /** @type {any} */ (effect.value);
    return transaction.docChanged || transaction.selection ? null : shown;
  },
  provide: (field) => showTooltip.from(field),
});

/**
 * @param {EditorState} state
 * @param {number} at
 * @param {import("./vocabulary.js").Language} language
 * @returns {import("@codemirror/view").Tooltip | null}
 */
function tooltipAt(state, at, language) {
  const help = helpAt(state.doc, at, language);
  return help && { pos: help.from, end: help.to, above: false, create: () => ({ dom: help.content }) };
}

/**
 * @param {EditorView} view
 * @param {import("./vocabulary.js").Language} language
 */
function showHelp(view, language) {
  const help = tooltipAt(view.state, view.state.selection.main.head, language);
  view.dispatch({ effects: /** @type {any} */ (setHelp).of(help) });
  return true;
}

/** @param {EditorView} view */
function hideHelp(view) {
  if (!view.state.field(helpField) && !hasHoverTooltips(view.state)) return false;
  view.dispatch({ effects: [/** @type {any} */ (setHelp).of(null), closeHoverTooltips] });
  return true;
}
