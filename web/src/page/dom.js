/**
 * el returns a new element. Properties that begin with "on" are listeners, booleans are attributes without a value, and
 * null is left out. Children that are strings become text, never HTML.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * byId returns an element that index.html has.
 *
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/**
 * announce has screen readers read a text.
 *
 * @param {string} text
 */
export function announce(text) {
  byId("live").textContent = text;
}

/**
 * isTyping reports whether the focus is where keys are text.
 *
 * @returns {boolean}
 */
export function isTyping() {
  const focus = /** @type {HTMLElement | null} */ (document.activeElement);
  return focus !== null && (focus.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(focus.tagName));
}
