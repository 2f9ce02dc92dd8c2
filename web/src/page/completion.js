import { snippet } from "@codemirror/autocomplete";
import { isArrow, pathAt } from "./place.js";
import { fieldsList } from "./describe.js";
import { blocksIn, kindAt, labelsIn, propertiesOf, schemaAt, valuesOf, variablesIn } from "./vocabulary.js";

/**
 * @typedef {import("./vocabulary.js").Language} Language
 * @typedef {import("@codemirror/autocomplete").CompletionContext} Context
 * @typedef {import("@codemirror/autocomplete").CompletionResult} Result
 * @typedef {import("@codemirror/autocomplete").Completion} Completion
 */

/**
 * completion returns the source of completions of network files.
 *
 * @param {() => Language} language
 * @returns {(context: Context) => Result | null}
 */
export function completion(language) {
  return (context) => {
    const text = context.state.doc;
    const path = pathAt(text, context.pos);
    const line = text.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (/(^|\s)#/.test(before)) return null;
    return isArrow(path) ? inArrow(context, before, language()) : inYAML(context, before, path, language());
  };
}

/**
 * @param {Context} context
 * @param {string} before
 * @param {Language} language
 * @returns {Result | null}
 */
function inArrow(context, before, language) {
  const text = context.state.doc.toString();
  const label = /@[\w.-]*$/.exec(before);
  if (label) return result(context, label[0], /^@[\w.-]*$/, labels(text, before));
  const word = /[A-Za-z_]*$/.exec(before)?.[0] ?? "";
  if (word === "" && !context.explicit) return null;
  if (/[\w)]$/.test(before.slice(0, before.length - word.length))) return null;
  const kind = kindBefore(language, before.slice(0, before.length - word.length));
  const options = kind ? fields(kind) : [...kinds(language), ...blocks(text), ...variables(text)];
  return result(context, word, /^[A-Za-z_]*$/, options);
}

/**
 * @param {Context} context
 * @param {string} word
 * @param {RegExp} validFor
 * @param {Completion[]} options
 * @returns {Result | null}
 */
function result(context, word, validFor, options) {
  return options.length === 0 ? null : { from: context.pos - word.length, options, validFor };
}

/**
 * kindBefore returns the kind whose options follow: the layer's that the text ends in, if a space follows it.
 *
 * @param {Language} language
 * @param {string} before
 */
function kindBefore(language, before) {
  const layer = /(?:^|->|[|[:"]|\b[A-Z]+\()\s*([A-Z]+[^\s>|[\]]*)\s+(?:(?!->)[^|[\]])*$/.exec(before);
  return layer ? kindAt(language, layer[1]) : undefined;
}

/**
 * @param {Language} language
 * @returns {Completion[]}
 */
function kinds(language) {
  return language.kinds.map((kind, i) => ({
    label: kind.name,
    boost: -i, // the usual ones are first
    type: "class",
    detail: kind.joins ? "( | )" : undefined,
    apply: kind.joins ? snippet(`${kind.name}(#{} | #{IDENTITY})`) : kind.name,
    info: () => fieldsList(kind),
  }));
}

/**
 * @param {import("./vocabulary.js").Kind} kind
 * @returns {Completion[]}
 */
function fields(kind) {
  return kind.fields.flatMap((field) => {
    /** @type {Completion[]} */
    const options = [{ label: `${field.key}=`, type: "property", info: field.doc }];
    if (field.letter && field.place === "option") {
      options.unshift({ label: field.letter, type: "property", detail: field.key, info: field.doc });
    }
    for (const word of field.words) options.push({ label: word, type: "enum", detail: field.key, info: field.doc });
    return options;
  });
}

/**
 * @param {string} text
 * @returns {Completion[]}
 */
function blocks(text) {
  return blocksIn(text).map(({ name, parameters, body }) => ({
    label: name, type: "function", detail: parameters, info: body, apply: parameters ? snippet(`${name}(#{})`) : name,
    boost: 1,
  }));
}

/**
 * @param {string} text
 * @returns {Completion[]}
 */
function variables(text) {
  return variablesIn(text).map((name) => ({ label: name, type: "variable" }));
}

/**
 * labels leaves out the one that is being typed.
 *
 * @param {string} text
 * @param {string} before
 * @returns {Completion[]}
 */
function labels(text, before) {
  const typed = /@([\w.-]*)$/.exec(before)?.[1];
  const isOnlyTyped = [...text.matchAll(/@([\w.-]+)/g)].filter((found) => found[1] === typed).length < 2;
  return labelsIn(text).filter((name) => name !== typed || !isOnlyTyped)
    .map((name) => ({ label: `@${name}`, type: "constant" }));
}

/**
 * @param {Context} context
 * @param {string} before
 * @param {string[]} path
 * @param {Language} language
 * @returns {Result | null}
 */
function inYAML(context, before, path, language) {
  const word = /[\w-]*$/.exec(before)?.[0] ?? "";
  const at = before.slice(0, before.length - word.length);
  if (/^\s*$/.test(at) || /[{,]\s*$/.test(at)) {
    if (word === "" && !context.explicit) return null;
    return result(context, word, /^[\w-]*$/, keys(propertiesOf(schemaAt(language.schema, path))));
  }
  const inner = /([A-Za-z_]\w*)\s*:\s*$/.exec(at);
  if (!inner) return null;
  const whole = path[path.length - 1] === inner[1] ? path : [...path, inner[1]];
  return result(context, word, /^\w*$/,
    valuesOf(schemaAt(language.schema, whole)).map((label) => ({ label, type: "enum" })));
}

/**
 * @param {Record<string, any>} properties
 * @returns {Completion[]}
 */
function keys(properties) {
  return Object.entries(properties).map(([key, schema]) => ({
    label: key, type: "property", apply: `${key}: `, info: schema.description,
  }));
}
