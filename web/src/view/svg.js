/**
 * showSVG shows a drawing that internal/svg made in a shadow tree, so that its style is for it alone, and returns it.
 * Its dark colours follow the page's theme where the page has chosen one (data-theme), else the system's.
 *
 * @param {HTMLElement} host
 * @param {string} text
 * @returns {SVGSVGElement}
 */
export function showSVG(host, text) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const svg = /** @type {any} */ (new DOMParser().parseFromString(text, "image/svg+xml").documentElement);
  root.replaceChildren(document.importNode(svg, true));
  applyTheme(root);
  return /** @type {any} */ (root.querySelector("svg"));
}

/** followTheme has a drawing follow the page's theme when it changes. */
export function followTheme(/** @type {HTMLElement} */ host) {
  addEventListener("themechange", () => host.shadowRoot && applyTheme(host.shadowRoot));
}

/** @param {ShadowRoot} root */
function applyTheme(root) {
  const theme = document.documentElement.dataset.theme;
  if (!theme) return;
  for (const sheet of root.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule instanceof CSSMediaRule) rule.media.mediaText = theme === "dark" ? "screen" : "not all";
    }
  }
}
