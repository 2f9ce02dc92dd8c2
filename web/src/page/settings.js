import { byId, el } from "./dom.js";

/**
 * The controls of what a network is studied with. An empty one has its default, which the study says.
 *
 * @type {{key: string, title: string, hint?: string, kind: "text" | "number" | "choice"}[]}
 */
const controls = [
  { key: "inputSize", title: "Input", kind: "text", hint: "384 or 640x480" },
  { key: "batch", title: "Batch", kind: "number" },
  { key: "mode", title: "Mode", kind: "choice" },
  { key: "dtype", title: "Type", kind: "choice" },
  { key: "optimizer", title: "Optimizer", kind: "choice" },
  { key: "device", title: "Device", kind: "text", hint: "t4 or 12GiB" },
];

/**
 * createSettings makes the controls.
 *
 * @param {() => void} onChange
 */
export function createSettings(onChange) {
  const form = byId("settings");
  const fields = new Map(controls.map((control) => [control.key, field(control)]));
  const devices = el("datalist", { id: "devices" });
  form.append(...[...fields].map(([key, input]) => labelled(key, input)), devices,
    el("button", { type: "reset" }, "Reset"));
  fields.get("device").setAttribute("list", "devices");
  form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  form.addEventListener("input", onChange);
  form.addEventListener("reset", () => setTimeout(onChange));

  return {
    /** values returns the settings that are not the defaults, as a study takes them. */
    values() {
      /** @type {Record<string, string | number>} */
      const values = {};
      for (const [key, input] of fields) {
        const text = input.value.trim();
        if (text !== "" && !input.disabled) values[key] = key === "batch" ? Number(text) : text;
      }
      return values;
    },
    /** offer fills the lists of words to choose from. */
    offer(/** @type {Record<string, string[]>} */ choices) {
      for (const [key, input] of fields) {
        if (input.tagName === "SELECT") {
          input.append(...(choices[key] ?? []).map((word) => el("option", { value: word }, word)));
        }
      }
      devices.append(...(choices.device ?? []).map((name) => el("option", { value: name })));
    },
    /** update shows the defaults of what is empty. */
    update(/** @type {import("./study.js").Study} */ study) {
      const input = fields.get("inputSize");
      input.placeholder = study.inputs[0]?.size ?? "";
      fields.get("batch").placeholder = String(study.settings.batch);
      for (const key of ["mode", "dtype", "optimizer"]) {
        const select = fields.get(key);
        if (select.value === "" && study.settings[key]) select.options[0].textContent = study.settings[key];
      }
      fields.get("optimizer").disabled = study.settings.mode === "inference";
    },
  };
}

/** @param {typeof controls[number]} control */
function field({ key, kind, hint }) {
  const id = `setting-${key}`;
  if (kind === "choice") return el("select", { id, name: key }, el("option", { value: "" }, "default"));
  if (kind === "number") {
    return el("input", { id, name: key, type: "number", min: "1", step: "1", autocomplete: "off" });
  }
  return el("input",
    { id, name: key, type: "text", title: hint, placeholder: hint, autocomplete: "off", spellcheck: "false" });
}

/**
 * @param {string} key
 * @param {HTMLElement} input
 */
function labelled(key, input) {
  const title = controls.find((control) => control.key === key)?.title ?? key;
  return el("label", { for: `setting-${key}`, class: `setting setting-${key}` }, el("span", {}, title), input);
}
