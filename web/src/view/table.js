import { countLayers } from "./layers.js";

/**
 * How many rows there are at first, and how many more when the last is nearly seen: all would take too long at each
 * key.
 */
const someRows = 40;

/** @typedef {{key: string, title: string, what: string, isNumber?: boolean, value: (layer: any) => string | number,
  text?: (layer: any) => string}} Column */

const grouped = new Intl.NumberFormat("en-US"); // made once: toLocaleString makes one at each call
const count = (/** @type {number} */ n) => (n ? grouped.format(n) : "");

/** @type {Column[]} */
const columns = [
  { key: "name", title: "name", what: "the layer's name", value: (layer) => layer.name },
  { key: "text", title: "layer", what: "as in the file", value: (layer) => layer.text },
  { key: "output", title: "output", what: "width, height and depth of its output", value: (layer) => layer.output },
  { key: "activations", title: "activations", isNumber: true, what: "values of its output, of one picture",
    value: (layer) => layer.activations ?? 0 },
  { key: "parameters", title: "parameters", isNumber: true, what: "weights and biases",
    value: (layer) => layer.parameters ?? 0 },
  { key: "macs", title: "MACs", isNumber: true, what: "multiply-accumulates of one picture",
    value: (layer) => layer.macs ?? 0 },
  { key: "saved", title: "saved", isNumber: true, what: "bytes of the batch that autograd keeps for the backward pass",
    value: (layer) => layer.saved ?? 0 },
  {
    key: "field", title: "field", isNumber: true, what: "the pixels that one value sees, width x height",
    value: (layer) => layer.field?.size[0] ?? 0, text: (layer) => (layer.field ? layer.field.size.join("x") : ""),
  },
];
const heated = new Set(["activations", "parameters", "macs", "saved"]);

/**
 * mountTable lists the layers: a column's title sorts by it, the field above searches, and the button copies what is
 * shown as CSV.
 *
 * @param {HTMLElement} element
 * @param {any} study
 * @param {{onSelect: (layer: string) => void, selected?: string}} options
 */
export function mountTable(element, study, { onSelect, selected = "" }) {
  element.classList.add("view-table");
  const search = make("input", { type: "search", placeholder: "Search layers", "aria-label": "Search layers",
    autocomplete: "off", spellcheck: "false" });
  const copy = make("button", { type: "button" }, "Copy as CSV");
  const note = make("span", { class: "view-note", role: "status" });
  const body = make("tbody", {});
  const heads = columns.map((column) => {
    const button = make("button", { type: "button", title: column.what }, column.title);
    button.addEventListener("click", () => sortBy(column));
    return make("th", { scope: "col" }, button, make("span", { class: "view-paper" }, column.title));
  });
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body);
  element.replaceChildren(make("div", { class: "view-bar" }, search, copy, note), table);

  let current = study;
  let chosen = selected;
  /** @type {Column | null} */
  let sorted = null; // null for the order of the file
  let isDescending = false;
  /** @type {HTMLTableRowElement | undefined} */
  let marked;
  let most = someRows; // rows

  search.addEventListener("input", draw);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(csv(rows()));
    note.textContent = `Copied ${rows().length} rows`;
  });
  body.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const row = /** @type {Element} */ (event.target).closest("tr");
    if (row?.dataset.layer) onSelect(row.dataset.layer);
  });
  body.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const row = /** @type {Element} */ (event.target).closest("tr");
    const to = event.key === "ArrowDown" ? row?.nextElementSibling : event.key === "ArrowUp" ? row?.previousElementSibling : null;
    if (!(to instanceof HTMLTableRowElement) || !to.dataset.layer) return;
    event.preventDefault();
    to.focus();
    onSelect(to.dataset.layer);
  });

  function sortBy(/** @type {Column} */ column) {
    const isNumber = column.isNumber ?? false;
    if (sorted !== column) [sorted, isDescending] = [column, isNumber];
    else if (isDescending === isNumber) isDescending = !isDescending;
    else sorted = null;
    draw();
  }

  function rows() {
    const words = search.value.toLowerCase().split(/\s+/);
    const found = current.layers.filter((/** @type {any} */ layer) => {
      const text = `${layer.name} ${layer.origin ?? ""} ${layer.text} ${layer.output} ${layer.within ?? ""}`.toLowerCase();
      return words.every((/** @type {string} */ word) => text.includes(word));
    });
    return sorted ? found.sort(order(sorted, isDescending)) : found;
  }

  function draw() {
    const shown = rows();
    const peaks = new Map(columns.map(({ key, value }) => [key, shown.reduce(
      (/** @type {number} */ most, /** @type {any} */ layer) => Math.max(most, Number(value(layer)) || 0), 0)]));
    table.style.setProperty("--columns", widths(shown));
    const few = shown.slice(0, most);
    while (body.children.length > few.length) body.lastElementChild.remove();
    body.append(...few.slice(body.children.length).map(emptyRow));
    few.forEach((/** @type {any} */ layer, /** @type {number} */ i) => fill(body.children[i], layer, peaks));
    note.textContent = countLayers(shown);
    heads.forEach((head, i) => {
      if (columns[i] === sorted) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    mark(false);
  }

  /** grow adds rows up to a number, if there are so many layers. */
  function grow(/** @type {number} */ to) {
    if (body.children.length < most || to <= most) return;
    most = to;
    draw();
  }

  /** mark marks the row of the chosen layer, and makes it the one that Tab goes to. */
  function mark(/** @type {boolean} */ isToBeSeen) {
    if (isToBeSeen) grow(rows().findIndex((/** @type {any} */ layer) => layer.name === chosen) + 1);
    const drawn = /** @type {HTMLTableRowElement[]} */ ([...body.children]);
    const at = drawn.findIndex((row) => row.dataset.layer === chosen);
    marked?.removeAttribute("aria-current");
    marked?.setAttribute("tabindex", "-1");
    marked = drawn[Math.max(at, 0)];
    marked?.setAttribute("tabindex", "0");
    if (at < 0) return;
    marked?.setAttribute("aria-current", "true");
    if (isToBeSeen) marked?.scrollIntoView({ block: "nearest" });
  }

  draw();
  const end = make("div", {});
  element.append(end);
  const early = /** @type {IntersectionObserverInit} */ ({ scrollMargin: "300px" });
  new IntersectionObserver(([entry]) => entry.isIntersecting && grow(most + someRows), early).observe(end);
  addEventListener("beforeprint", () => grow(Infinity));
  return {
    update(/** @type {any} */ next) {
      current = next;
      draw();
    },
    select(/** @type {string} */ name) {
      const isNew = name !== chosen;
      chosen = name;
      if (isNew) mark(true);
    },
  };
}

/** textOf returns what a cell shows. */
function textOf(/** @type {Column} */ column, /** @type {any} */ layer) {
  if (column.text) return column.text(layer);
  const value = column.value(layer);
  return typeof value === "number" ? count(value) : value;
}

/** digits returns how long a number is with its commas. */
const digits = (/** @type {number} */ n) => Math.floor((Math.floor(Math.log10(Math.max(n, 1))) + 1) * (4 / 3));

/** The most characters of a cell that are shown. */
const widest = 44;

/**
 * widths returns the columns of a CSS grid, as wide as their longest texts.
 *
 * @param {any[]} layers
 * @returns {string}
 */
function widths(layers) {
  return columns.map((column) => {
    const length = (/** @type {any} */ layer) => (column.isNumber && !column.text
      ? digits(Number(column.value(layer))) : textOf(column, layer).length);
    const longest = layers.reduce((most, layer) => Math.max(most, length(layer)), column.title.length + 1);
    return `minmax(calc(${Math.min(longest, widest)}ch + 16px), ${longest}fr)`;
  }).join(" ");
}

/** emptyRow returns a row that [fill] fills. */
function emptyRow() {
  const cells = columns.map((column) => make("td", column.isNumber ? { class: "view-number" } : {}));
  return make("tr", { tabindex: "-1" }, ...cells);
}

/**
 * fill has a row show a layer. The bar in a cell is its share of the column's largest value. Only what changes is
 * written, so that the browser has little to do at each key.
 *
 * @param {HTMLTableRowElement} row
 * @param {any} layer
 * @param {Map<string, number>} peaks
 */
function fill(row, layer, peaks) {
  if (row.dataset.layer !== layer.name) row.dataset.layer = layer.name;
  columns.forEach((column, i) => {
    const cell = /** @type {HTMLElement} */ (row.children[i]);
    const text = textOf(column, layer);
    if (cell.textContent !== text) cell.textContent = text;
    if (!heated.has(column.key)) return;
    const value = Number(column.value(layer));
    const share = value ? `${((100 * value) / (peaks.get(column.key) ?? value)).toFixed(1)}%` : "";
    if (cell.style.getPropertyValue("--share") === share) return;
    cell.style.setProperty("--share", share);
    cell.classList.toggle("view-heat", share !== "");
  });
}

/**
 * @param {Column} column
 * @param {boolean} isDescending
 */
function order(column, isDescending) {
  return (/** @type {any} */ a, /** @type {any} */ b) => {
    const [x, y] = [column.value(a), column.value(b)];
    const less = typeof x === "number" ? x - Number(y) : String(x).localeCompare(String(y), "en", { numeric: true });
    return isDescending ? -less : less;
  };
}

/**
 * csv returns layers as CSV. A cell that a spreadsheet would take for a formula is text.
 *
 * @param {any[]} layers
 * @returns {string}
 */
function csv(layers) {
  const cell = (/** @type {string | number} */ value) => {
    const text = /^[=+\-@\t]/.test(String(value)) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(({ key }) => key),
    ...layers.map((layer) => columns.map(({ value, text }) => (text ?? value)(layer)))];
  return lines.map((line) => line.map(cell).join(",") + "\n").join("");
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 * @returns {any}
 */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
