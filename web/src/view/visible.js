/**
 * visible returns a text of a user for a page: characters that control or reorder what is around them are written as
 * \u202e, and of a long text the middle is left out.
 *
 * @param {string} text
 */
export function visible(text, most = 256) {
  const letters = [...text];
  const half = Math.floor(most / 2);
  const shown = letters.length > most ? [...letters.slice(0, half), "...", ...letters.slice(-half)].join("") : text;
  return shown.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) =>
    `\\u${(letter.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
