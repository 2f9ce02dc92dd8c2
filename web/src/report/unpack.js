/**
 * unpack returns a document as it was before internal/htmlreport packed it: a list of objects was written as
 * {"$": keys, "rows": values}, with null for a key that an object does not have.
 *
 * @param {any} value
 * @returns {any}
 */
export function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value.$)) return value.rows.map((/** @type {any[]} */ row) => unpackRow(value.$, row));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpack(inner)]));
}

/**
 * @param {string[]} keys
 * @param {any[]} row
 */
function unpackRow(keys, row) {
  /** @type {Record<string, any>} */
  const object = {};
  keys.forEach((key, i) => {
    if (row[i] !== null) object[key] = unpack(row[i]);
  });
  return object;
}
