import { byId, el } from "./dom.js";
import { sectionOf } from "./vocabulary.js";

/**
 * createVariables shows the file's variables: numbers as sliders, lists as text. They change what is studied, not the
 * file, until they are written into it.
 *
 * @param {object} options
 * @param {() => void} options.onChange
 * @param {(values: Record<string, string>) => void} options.onWrite
 */
export function createVariables({ onChange, onWrite }) {
  const section = byId("variables");
  /** @type {Map<string, string>} */
  const set = new Map();
  const rows = el("div", { class: "variable-rows" });
  const write = el("button", {
    type: "button", disabled: true,
    onclick() {
      onWrite(Object.fromEntries(set));
      forget();
    },
  }, "Write into the file");
  const reset = el("button", { type: "button", disabled: true, onclick: forget }, "Reset");
  section.append(rows, el("p", { class: "variable-actions" }, write, reset));
  let names = "";

  function forget() {
    set.clear();
    names = "";
    onChange();
  }

  function choose(/** @type {import("./study.js").Variable} */ variable, /** @type {string} */ text) {
    if (text === variable.file.join(",")) set.delete(variable.name);
    else set.set(variable.name, text);
    onChange();
  }

  return {
    values: () => Object.fromEntries(set),
    /** update shows the variables of a study; a slider that is being moved stays as it is. */
    update(/** @type {import("./study.js").Variable[]} */ variables) {
      const shape = JSON.stringify(variables.map(({ name, file, min, max }) => [name, file, min, max]));
      section.hidden = variables.length === 0;
      write.disabled = reset.disabled = set.size === 0;
      if (shape === names) return;
      names = shape;
      for (const name of set.keys()) if (!variables.some((variable) => variable.name === name)) set.delete(name);
      rows.replaceChildren(...variables.map((variable) => row(variable, set.get(variable.name), choose)));
    },
  };
}

/**
 * @param {import("./study.js").Variable} variable
 * @param {string | undefined} chosen
 * @param {(variable: import("./study.js").Variable, text: string) => void} choose
 */
function row(variable, chosen, choose) {
  const text = chosen ?? variable.values.join(",");
  const id = `variable-${variable.name}`;
  const exact = el("input", {
    id, type: "text", class: "variable-exact", inputmode: "numeric", autocomplete: "off",
    oninput() {
      if (!/^\d+(\s*,\s*\d+)*$/.test(exact.value.trim())) return;
      if (slider) slider.value = exact.value;
      choose(variable, exact.value.replaceAll(/\s/g, ""));
    },
  });
  exact.value = text;
  const isNumber = variable.file.length === 1;
  const slider = isNumber ? el("input", {
    type: "range", min: variable.min, max: variable.max, step: "1", "aria-label": variable.name,
    oninput() {
      exact.value = slider.value;
      choose(variable, slider.value);
    },
  }) : null;
  if (slider) slider.value = text;
  return el("div", { class: "variable" }, el("label", { for: id }, variable.name), slider ?? el("span", {}), exact);
}

/**
 * changesOf returns the changes that write values of variables into a file's text.
 *
 * @param {string} text
 * @param {Record<string, string>} values
 * @returns {{from: number, to: number, insert: string}[]}
 */
export function changesOf(text, values) {
  const section = sectionOf(text, "vars");
  const start = text.indexOf(section);
  const changes = [];
  for (const [name, value] of Object.entries(values)) {
    const found = new RegExp(`((?:^|[\\s{,])${name}\\s*:\\s*)(\\[[^\\]]*\\]|[^\\s,}#]+)`).exec(section);
    if (!found) continue;
    const from = start + found.index + found[1].length;
    changes.push({ from, to: from + found[2].length,
      insert: value.includes(",") ? `[${value.replaceAll(",", ", ")}]` : value });
  }
  return changes.sort((a, b) => a.from - b.from);
}
