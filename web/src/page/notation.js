import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

// The notation of network files: YAML whose layers, blocks and heads are in the arrow language. It is highlighted line
// by line, which needs no parser and never lags.

const key = /^(?:- )?([A-Za-z_][\w./-]*)(\([^)]*\))?(?=\s*:(?:\s|$))/;
const prose = new Set(["name", "description", "source"]);

/** @typedef {{indent: number, prose: boolean, afterKind: boolean}} LineState */

const parser = {
  name: "cnncalc",
  startState: () => ({ indent: 0, prose: false, afterKind: false }),
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", '"'] } },
  /**
   * @param {import("@codemirror/language").StringStream} stream
   * @param {LineState} state
   */
  token(stream, state) {
    if (stream.sol()) state.afterKind = false;
    if (stream.eatSpace()) return null;
    const isStart = stream.string.slice(0, stream.start).trim() === "";
    if (isStart || /[{,]\s*$/.test(stream.string.slice(0, stream.start))) {
      const found = keyAt(stream, state, isStart);
      if (found) return found;
    }
    if (stream.peek() === "#" && /(^|\s)$/.test(stream.string.slice(0, stream.start))) {
      stream.skipToEnd();
      return "comment";
    }
    if (state.prose) {
      stream.match(/^(?:(?!\s#).)+/) || stream.next();
      return "string";
    }
    return arrow(stream, state);
  },
};

/**
 * @param {import("@codemirror/language").StringStream} stream
 * @param {LineState} state
 * @param {boolean} isStart
 */
function keyAt(stream, state, isStart) {
  const found = /** @type {RegExpMatchArray | null} */ (stream.match(key));
  if (isStart && (found || stream.indentation() <= state.indent)) state.prose = false;
  if (!found) return null;
  if (isStart) {
    state.indent = stream.indentation();
    state.prose = prose.has(found[1]);
  }
  return "propertyName";
}

/**
 * @param {import("@codemirror/language").StringStream} stream
 * @param {LineState} state
 */
function arrow(stream, state) {
  if (stream.match("->") || stream.match("|")) {
    state.afterKind = false;
    return "operator";
  }
  if (stream.match(/^@[\w.-]*/)) return "labelName";
  if (stream.match(/^[A-Z][A-Z]+(?=[^a-z_]|$)/)) {
    state.afterKind = true;
    return "keyword";
  }
  if (stream.match(/^[A-Za-z_]\w*(?=\()/)) return state.afterKind ? "attributeName" : "function";
  if (stream.match(/^\d+(?:x\d+)+|^\d[\d.]*(?:[eE][+-]?\d+)?/)) return "number";
  if (stream.match(/^(?:true|false)\b/)) return "bool";
  if (stream.match(/^[a-z][a-z_]*(?=\d|=|\b)/)) return state.afterKind ? "attributeName" : "variableName";
  if (stream.match(/^[A-Za-z_][\w.]*/)) return "variableName";
  if (stream.match(/^[[\](){}*,:=-]/)) return "punctuation";
  stream.next();
  return null;
}

const style = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--hl-key)" },
  { tag: tags.keyword, color: "var(--hl-kind)", fontWeight: "600" },
  { tag: tags.attributeName, color: "var(--hl-option)" },
  { tag: tags.labelName, color: "var(--hl-label)" },
  { tag: tags.function(tags.variableName), color: "var(--hl-block)" },
  { tag: tags.variableName, color: "var(--hl-block)" },
  { tag: [tags.number, tags.bool], color: "var(--hl-number)" },
  { tag: [tags.operator, tags.punctuation], color: "var(--hl-operator)" },
  { tag: tags.string, color: "var(--hl-text)" },
  { tag: tags.comment, color: "var(--hl-comment)", fontStyle: "italic" },
]);

/** notation is the highlighting of network files. */
export const notation = [
  StreamLanguage.define({ ...parser, tokenTable: { function: tags.function(tags.variableName) } }),
  syntaxHighlighting(style),
];
