// The words of network files: kinds and keys as the call "language" describes them, labels and blocks as the text has
// them.

/**
 * @typedef {{key: string, letter: string, place: string, words: string[], doc: string}} Field
 * @typedef {{name: string, summary: string, joins: boolean, fields: Field[]}} Kind
 * @typedef {Record<string, any>} Schema
 * @typedef {{kinds: Kind[], schema: Schema, choices?: Record<string, string[]>}} Language
 */

/** @type {Language} */
export const emptyLanguage = { kinds: [], schema: {} };

/**
 * kindAt returns the kind that a word begins with: CONV for "CONV3-64".
 *
 * @param {Language} language
 * @param {string} word
 * @returns {Kind | undefined}
 */
export function kindAt(language, word) {
  const name = /^[A-Z]+/.exec(word)?.[0];
  return name === undefined ? undefined : language.kinds.find((kind) => kind.name === name);
}

/**
 * schemaAt returns the schema of what is at a path, undefined where it is not known.
 *
 * @param {Schema} schema
 * @param {string[]} path
 * @returns {Schema | undefined}
 */
export function schemaAt(schema, path) {
  /** @type {Schema | undefined} */
  let at = schema;
  for (const key of path) at = at && member(at, key);
  return at;
}

/**
 * propertiesOf returns the keys that a mapping of a schema has, with their schemas.
 *
 * @param {Schema | undefined} schema
 * @returns {Record<string, Schema>}
 */
export function propertiesOf(schema) {
  return alternatives(schema).find((one) => one.properties)?.properties ?? {};
}

/**
 * valuesOf returns the words that a value may be.
 *
 * @param {Schema | undefined} schema
 * @returns {string[]}
 */
export function valuesOf(schema) {
  return alternatives(schema)
    .flatMap((one) => one.enum ?? (one.type === "boolean" ? ["true", "false"] : [])).map(String);
}

/**
 * @param {Schema} schema
 * @param {string} key
 * @returns {Schema | undefined}
 */
function member(schema, key) {
  for (const one of alternatives(schema)) {
    if (one.properties?.[key]) return one.properties[key];
    if (typeof one.additionalProperties === "object") return one.additionalProperties;
  }
  return undefined;
}

/**
 * @param {Schema | undefined} schema
 * @returns {Schema[]}
 */
function alternatives(schema) {
  if (!schema) return [];
  return [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
}

/**
 * labelsIn returns the labels of a text, each once.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function labelsIn(text) {
  return [...new Set([...text.matchAll(/@([A-Za-z_][\w.-]*)/g)].map((found) => found[1]))];
}

/**
 * blocksIn returns the blocks that a text defines.
 *
 * @param {string} text
 * @returns {{name: string, parameters: string, body: string}[]}
 */
export function blocksIn(text) {
  const section = sectionOf(text, "blocks");
  const found = [];
  for (const entry of section.matchAll(/^(\s+)([A-Za-z_]\w*)(\([^)]*\))?\s*:(.*(?:\n(?:\1\s.*|\s*$))*)/gm)) {
    found.push({ name: entry[2], parameters: entry[3] ?? "", body: entry[4].replace(/^\s*\|\n?/, "").trim() });
  }
  return found;
}

/**
 * variablesIn returns the names of the variables that a text has.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function variablesIn(text) {
  return [...sectionOf(text, "vars").matchAll(/([A-Za-z_]\w*)\s*:/g)].map((found) => found[1])
    .filter((name) => name !== "vars");
}

/**
 * sectionOf returns the lines of a key of the outermost mapping, "" if there are none.
 *
 * @param {string} text
 * @param {string} key
 * @returns {string}
 */
export function sectionOf(text, key) {
  return new RegExp(`^${key}\\s*:.*(?:\\n(?:[ \\t#].*)?)*`, "m").exec(text)?.[0] ?? "";
}
