// Where a position is in a network file. Lines and columns are from 1; columns count characters (code points), as in
// problems, while an editor's offsets count UTF-16 units.

const keyOfLine = /^(\s*(?:- )?)([A-Za-z_][\w./-]*)(?:\([^)]*\))?\s*:(?=\s|$)/;
const arrowKeys = new Set(["layers", "blocks", "heads"]);

/**
 * offsetOf returns the offset of a line and column. One outside of the text is the nearest inside.
 *
 * @param {import("@codemirror/state").Text} text
 * @param {number} line
 * @param {number} column
 * @returns {number}
 */
export function offsetOf(text, line, column) {
  if (line < 1) return 0;
  if (line > text.lines) return text.length;
  const { from, text: characters } = text.line(line);
  let offset = from;
  for (const character of characters) {
    if (--column < 1) break;
    offset += character.length;
  }
  return offset;
}

/**
 * columnOf returns the column of an offset in its line.
 *
 * @param {import("@codemirror/state").Text} text
 * @param {number} offset
 * @returns {number}
 */
export function columnOf(text, offset) {
  const line = text.lineAt(offset);
  return [...line.text.slice(0, offset - line.from)].length + 1;
}

/**
 * pathAt returns the keys that an offset is within, the outermost first: ["defaults", "conv"].
 *
 * @param {import("@codemirror/state").Text} text
 * @param {number} offset
 * @returns {string[]}
 */
export function pathAt(text, offset) {
  const own = text.lineAt(offset);
  const before = own.text.slice(0, offset - own.from);
  const path = pathInLine(before);
  const first = keyOfLine.exec(before);
  let indent = first ? first[1].length : before.trim() === "" ? before.length : before.search(/\S/);
  for (let n = own.number - 1; n >= 1 && indent > 0; n--) {
    const found = keyOfLine.exec(text.line(n).text);
    if (!found || found[1].length >= indent) continue;
    indent = found[1].length;
    path.unshift(found[2]);
  }
  return path;
}

/**
 * pathInLine returns the keys of a line's beginning that are still open: of "defaults: {conv: {" both.
 *
 * @param {string} before
 * @returns {string[]}
 */
function pathInLine(before) {
  const first = keyOfLine.exec(before);
  if (!first) return [];
  const path = [first[2]];
  const inner = /([A-Za-z_]\w*)\s*:\s*\{|[{}]/g;
  inner.lastIndex = first[0].length;
  for (let found = inner.exec(before); found; found = inner.exec(before)) {
    if (found[1]) path.push(found[1]);
    else if (found[0] === "}" && path.length > 1) path.pop();
  }
  return path;
}

/**
 * isArrow reports whether the text at a path is in the arrow language.
 *
 * @param {string[]} path
 * @returns {boolean}
 */
export function isArrow(path) {
  return path.length > 0 && arrowKeys.has(path[0]);
}
