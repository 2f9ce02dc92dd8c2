import { ask } from "./ask.js";
import { visible } from "../view/visible.js";
import { announce, byId } from "./dom.js";

/**
 * createFiles opens and saves the text of the editor, and warns before what is not saved is lost.
 *
 * @param {any} adapter
 * @param {ReturnType<typeof import("./editor.js").createEditor>} editor
 * @param {(text: string) => void} say
 */
export function createFiles(adapter, editor, say) {
  /** The one file that the server writes; null without a server. @type {{name: string, version: string} | null} */
  let file = null;
  let name = "network.yaml";
  let saved = ""; // the text as it is on the disk
  let isForeign = false; // the text is not the file's: saving it replaces another network
  let lineEnd = "\n";
  /** The ONNX model that was opened last, and the text that it became. @type {{file: File, text: string} | null} */
  let model = null;
  let builtIn = ""; // the built-in network that the text is, as long as it is

  const isDirty = () => isForeign || editor.text() !== saved;

  function show(/** @type {string} */ text) {
    lineEnd = /\r\n/.test(text) && !/[^\r]\n/.test(text) ? "\r\n" : "\n";
    editor.open(text);
    saved = editor.text();
  }

  function refresh() {
    byId("file-name").textContent = visible(name);
    byId("file-state").textContent = isDirty() ? "not saved" : "";
    byId("file-state").title = isForeign && file ? `saving replaces ${visible(file.name)}` : "";
    document.title = `${isDirty() ? "• " : ""}${visible(name)} – cnncalc`;
  }

  /** load shows a text from elsewhere. */
  function load(/** @type {string} */ newName, /** @type {string} */ text, /** @type {string} */ origin) {
    builtIn = origin;
    model = null;
    name = newName;
    isForeign = true;
    show(text);
    refresh();
  }

  async function mayLeave() {
    if (!isDirty() || (isForeign && editor.text() === saved)) return true;
    const answer = await ask("Changes are not saved", `What you changed in ${visible(name)} is lost if you go on.`,
      { leave: "Discard the changes", stay: "Keep editing" });
    return answer === "leave";
  }

  async function open() {
    if (adapter.kind === "wasm") return;
    const opened = await adapter.call("open", {});
    file = { name: opened.name, version: opened.version };
    name = opened.name;
    isForeign = false;
    model = null;
    builtIn = /^(\S+) is a built-in network/.exec(opened.note ?? "")?.[1] ?? "";
    show(opened.text);
    refresh();
    if (opened.note) say(opened.note);
  }

  async function save() {
    if (!file) return download();
    if (isForeign && file.version !== "") {
      const answer = await ask("Another network", `Saving replaces ${visible(file.name)} by ${visible(name)}.`,
        { replace: `Replace ${visible(file.name)}`, download: "Save as a download", cancel: "Cancel" });
      if (answer === "download") return download();
      if (answer !== "replace") return;
    }
    await write(file.version);
  }

  async function write(/** @type {string} */ version) {
    const text = editor.text();
    try {
      const answer = await adapter.call("save", { text: text.replaceAll("\n", lineEnd), version });
      file = { name: answer.name, version: answer.version };
      name = answer.name;
      saved = text;
      isForeign = false;
      refresh();
      say(`Saved ${visible(name)}`);
    } catch (error) {
      const { code, message } = /** @type {{code: string, message: string}} */ (error);
      if (code === "conflict") return conflict(message);
      say(`Not saved: ${message}`);
    }
  }

  async function conflict(/** @type {string} */ message) {
    const answer = await ask("The file changed", `${message}. Nothing was saved.`, {
      reload: "Reload the file, and lose my changes", anyway: "Save mine anyway", copy: "Copy mine",
      cancel: "Keep editing",
    });
    if (answer === "reload") await open();
    if (answer === "anyway") await write((await adapter.call("open", {})).version);
    if (answer === "copy") {
      await navigator.clipboard.writeText(editor.text());
      say("Copied the text");
    }
  }

  function download() {
    const text = editor.text();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text.replaceAll("\n", lineEnd)], { type: "application/yaml" }));
    link.download = /\.ya?ml$/.test(name) ? name : `${name}.yaml`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    if (!file) {
      saved = text;
      isForeign = false;
    }
    refresh();
    say(`Saved ${visible(link.download)} to the downloads`);
  }

  /** take opens a file that was chosen or dropped: a text, or an ONNX model, which becomes one. */
  async function take(/** @type {File} */ chosen) {
    if (!(await mayLeave())) return;
    try {
      const text = /\.onnx$/i.test(chosen.name) ? null : await textOf(chosen);
      if (text !== null) {
        load(chosen.name, text, "");
      } else {
        say(`Reading ${visible(chosen.name)} …`);
        const converted = await adapter.call("convert", { name: chosen.name }, { bytes: chosen });
        load(chosen.name.replace(/\.[^.]*$/, ".yaml"), converted.text, "");
        model = { file: chosen, text: editor.text() };
      }
      announce(`Opened ${visible(chosen.name)}`);
      say(`Opened ${visible(chosen.name)}`);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  }

  async function example(/** @type {string} */ wanted) {
    if (!(await mayLeave())) return;
    const shown = await adapter.call("show", { name: wanted });
    load(`${wanted.replace(/^.*\//, "")}.yaml`, shown.text, wanted);
    say(`Opened ${wanted}`);
  }

  addEventListener("beforeunload", (event) => {
    if (isDirty() && !(isForeign && editor.text() === saved)) event.preventDefault();
  });

  return {
    open, save, take, example, load, refresh, mayLeave,
    name: () => name,
    /** builtIn returns the built-in network that the text is, "" if it was changed or is another. */
    builtIn: () => (editor.text() === saved ? builtIn : ""),
    /** model returns the ONNX model that the text was made of, null if it was changed or is another. */
    model: () => (model && editor.text() === model.text ? model.file : null),
  };
}

/** The most bytes of a text that is opened: more than any file of a network may have. */
const mostText = 8 << 20;

/** textOf returns what is in a file, null if it is no text. */
async function textOf(/** @type {File} */ file) {
  if (file.size > mostText) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return /[\0-\x08]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
