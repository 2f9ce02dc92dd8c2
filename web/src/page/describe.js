import { el } from "./dom.js";
import { isArrow, pathAt } from "./place.js";
import { blocksIn, kindAt, schemaAt, sectionOf } from "./vocabulary.js";

/**
 * @typedef {import("./vocabulary.js").Language} Language
 * @typedef {import("./vocabulary.js").Kind} Kind
 */

/**
 * helpAt returns what the word at an offset means, and where the word is; null where there is nothing to say.
 *
 * @param {import("@codemirror/state").Text} text
 * @param {number} offset
 * @param {Language} language
 * @returns {{from: number, to: number, content: HTMLElement} | null}
 */
export function helpAt(text, offset, language) {
  const line = text.lineAt(offset);
  const column = offset - line.from;
  for (const found of line.text.matchAll(/@?[A-Za-z_][\w./]*/g)) {
    const from = line.from + found.index;
    const to = from + found[0].length;
    if (found.index > column || to < offset) continue;
    const content = describe(found[0], text, to, language);
    return content && { from, to, content };
  }
  return null;
}

/**
 * @param {string} word
 * @param {import("@codemirror/state").Text} text
 * @param {number} end
 * @param {Language} language
 * @returns {HTMLElement | null}
 */
function describe(word, text, end, language) {
  const path = pathAt(text, end);
  const kind = kindAt(language, word);
  if (kind && isArrow(path)) return fieldsList(kind);
  const whole = text.toString();
  const block = blocksIn(whole).find((one) => one.name === word);
  if (block) {
    return el("div", { class: "help" }, el("b", {}, `${block.name}${block.parameters}`), el("pre", {}, block.body));
  }
  if (word.startsWith("@")) return labelHelp(word, text);
  if (isArrow(path) && path.length > 0) return variableHelp(word, whole);
  const schema = schemaAt(language.schema, [...path, word]);
  return schema?.description ? el("div", { class: "help" }, el("b", {}, word), el("p", {}, schema.description)) : null;
}

/**
 * fieldsList returns what a kind is and its fields.
 *
 * @param {Kind} kind
 * @returns {HTMLElement}
 */
export function fieldsList(kind) {
  const list = el("dl", {});
  for (const field of kind.fields) {
    const names = [field.letter && field.place === "option" ? field.letter : "", ...field.words].filter(Boolean);
    list.append(el("dt", {}, field.key, ...(names.length ? [el("small", {}, ` ${names.join(", ")}`)] : [])),
      el("dd", {}, field.doc));
  }
  return el("div", { class: "help" }, el("b", {}, kind.name), el("p", {}, kind.summary), list);
}

/**
 * @param {string} word
 * @param {import("@codemirror/state").Text} text
 */
function labelHelp(word, text) {
  for (let n = 1; n <= text.lines; n++) {
    const line = text.line(n).text;
    if (line.includes(word)) {
      return el("div", { class: "help" }, el("b", {}, word), el("p", {}, `first in line ${n}: ${line.trim()}`));
    }
  }
  return null;
}

/**
 * @param {string} word
 * @param {string} text
 */
function variableHelp(word, text) {
  const found = new RegExp(`\\b${word}\\s*:\\s*(\\[[^\\]]*\\]|[^\\s,}]+)`).exec(sectionOf(text, "vars"));
  if (!found) return null;
  return el("div", { class: "help" }, el("b", {}, word), el("p", {}, `a variable of this file: ${found[1]}`));
}
