/** How many rows are shown at most: more take too long at each key. */
const maxRows = 2000;

/** @typedef {{key: string, title: string, what: string, value: (layer: any) => string | number, text?: (layer: any) => string}} Column */

const count = (/** @type {number} */ n) => (n ? n.toLocaleString("en-US") : "");

/** @type {Column[]} */
const columns = [
  { key: "name", title: "name", what: "the layer's name", value: (layer) => layer.name },
  { key: "text", title: "layer", what: "as in the file", value: (layer) => layer.text },
  { key: "output", title: "output", what: "width, height and depth of its output", value: (layer) => layer.output },
  { key: "activations", title: "activations", what: "values of its output, of one picture", value: (layer) => layer.activations ?? 0 },
  { key: "parameters", title: "parameters", what: "weights and biases", value: (layer) => layer.parameters ?? 0 },
  { key: "macs", title: "MACs", what: "multiply-accumulates of one picture", value: (layer) => layer.macs ?? 0 },
  { key: "saved", title: "saved", what: "bytes of the batch that autograd keeps for the backward pass", value: (layer) => layer.saved ?? 0 },
  {
    key: "field", title: "field", what: "the pixels that one value sees, width x height",
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
  const search = make("input", { type: "search", placeholder: "Search layers", "aria-label": "Search layers", autocomplete: "off", spellcheck: "false" });
  const copy = make("button", { type: "button" }, "Copy as CSV");
  const note = make("span", { class: "view-note", role: "status" });
  const body = make("tbody", {});
  const heads = columns.map((column) => {
    const button = make("button", { type: "button", title: column.what }, column.title);
    button.addEventListener("click", () => sortBy(column));
    return make("th", { scope: "col" }, button);
  });
  element.replaceChildren(
    make("div", { class: "view-bar" }, search, copy, note),
    make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body),
  );

  let current = study;
  let chosen = selected;
  /** @type {Column | null} */
  let sorted = null; // null for the order of the file
  let isDescending = false;

  search.addEventListener("input", draw);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(csv(rows()));
    note.textContent = `Copied ${rows().length} rows`;
  });
  body.addEventListener("click", (event) => {
    const row = /** @type {Element} */ (event.target).closest("tr");
    if (row?.dataset.layer) onSelect(row.dataset.layer);
  });
  body.addEventListener("keydown", (event) => {
    const row = /** @type {Element} */ (event.target).closest("tr");
    const to = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (!(to instanceof HTMLTableRowElement) || !to.dataset.layer) return;
    event.preventDefault();
    to.focus();
    onSelect(to.dataset.layer);
  });

  function sortBy(/** @type {Column} */ column) {
    const isNumber = typeof column.value(current.layers[0]) === "number";
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
    const peaks = new Map(columns.map(({ key, value }) => [key, shown.reduce((/** @type {number} */ most, /** @type {any} */ layer) => Math.max(most, Number(value(layer)) || 0), 0)]));
    body.replaceChildren(...shown.slice(0, maxRows).map((/** @type {any} */ layer) => row(layer, peaks)));
    note.textContent = shown.length > maxRows ? `The first ${count(maxRows)} of ${count(shown.length)} layers` : `${count(shown.length)} layers`;
    heads.forEach((head, i) => {
      if (columns[i] === sorted) head.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    mark(false);
  }

  function mark(/** @type {boolean} */ isToBeSeen) {
    let tabStop = body.querySelector("tr");
    for (const row of body.querySelectorAll("tr")) {
      const is = row.dataset.layer === chosen;
      row.toggleAttribute("aria-current", false);
      row.tabIndex = -1;
      if (!is) continue;
      row.setAttribute("aria-current", "true");
      tabStop = row;
      if (isToBeSeen) row.scrollIntoView({ block: "nearest" });
    }
    if (tabStop) tabStop.tabIndex = 0;
  }

  draw();
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

/**
 * row returns the row of a layer. The bar in a cell is its share of the column's largest value.
 *
 * @param {any} layer
 * @param {Map<string, number>} peaks
 */
function row(layer, peaks) {
  const cells = columns.map((column) => {
    const value = column.value(layer);
    const isNumber = typeof value === "number";
    const cell = make("td", isNumber ? { class: "view-number" } : {}, column.text ? column.text(layer) : isNumber ? count(value) : value);
    const peak = peaks.get(column.key);
    if (heated.has(column.key) && peak && value) {
      cell.style.setProperty("--share", `${(100 * Number(value)) / peak}%`);
      cell.classList.add("view-heat");
    }
    return cell;
  });
  return make("tr", { "data-layer": layer.name }, ...cells);
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
  const lines = [columns.map(({ key }) => key), ...layers.map((layer) => columns.map(({ value, text }) => (text ?? value)(layer)))];
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
