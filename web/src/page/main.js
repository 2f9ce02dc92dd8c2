import "./page.css";
import { connect } from "../adapter/adapter.js";
import { startDialogs } from "./ask.js";
import { byId, el } from "./dom.js";
import { startDrop } from "./drop.js";
import { createEditor } from "./editor.js";
import { createExamples } from "./examples.js";
import { createFiles } from "./files.js";
import { linkTo, sharedIn } from "./link.js";
import { isSevere } from "./problems.js";
import { createResults } from "./results.js";
import { createRun } from "./run.js";
import { createSettings } from "./settings.js";
import { startKeys } from "./shortcuts.js";
import { showPane, startSplit } from "./split.js";
import { createStatus } from "./status.js";
import { createStudent } from "./study.js";
import { startTheme } from "./theme.js";
import { changesOf, createVariables } from "./variables.js";
import { emptyLanguage } from "./vocabulary.js";

const adapter = connect();
let language = emptyLanguage;

startTheme();
startSplit();
startDialogs();
const status = createStatus();
const editor = createEditor(byId("editor"), {
  language: () => language,
  onChange() {
    results.changed();
    files.refresh();
    student.again();
  },
  onCursor(line, column, isUser) {
    status.place(line, column);
    if (isUser) results.chooseAt(line, column);
  },
});
const results = createResults(editor, { onFold: () => student.now(), onMissing: () => student.complete() });
const files = createFiles(adapter, editor, status.say);
const settings = createSettings(() => student.again());
const variables = createVariables({
  onChange: () => student.again(),
  onWrite: (values) => editor.replace(changesOf(editor.text(), values)),
});
/** request returns the network as it is in the editor, with the settings. */
const request = () => ({
  name: files.name(), text: editor.text(),
  settings: { ...settings.values(), set: variables.values(), folded: results.folded() },
});
const student = createStudent(adapter, {
  request,
  shown: results.shown,
  onStudy(study, took, only) {
    status.study(study, took);
    editor.mark(study.problems);
    results.update(study, only);
    settings.update(study);
    variables.update(study.vars);
  },
  onWhole: results.complete,
  onError(error) {
    status.say(error.message);
    results.stale();
  },
});
const run = createRun(results.tabs.panel("run"), {
  async run(picture, signal) {
    const model = files.model();
    if (!model) return adapter.call("run", { ...request(), builtIn: files.builtIn() }, { bytes: picture, signal });
    return adapter.call("run", { ...request(), name: model.name, picture: await base64(picture) },
      { bytes: model, signal });
  },
});

status.onProblem(() => {
  const first = status.problems().find(isSevere) ?? status.problems()[0];
  if (first) editor.go(first.line, first.column);
  results.tabs.show("problems");
  editor.focus();
});
startDrop((file) => {
  if (!file.type.startsWith("image/")) return files.take(file);
  results.tabs.show("run");
  showPane("results");
  run.answer(file);
});
startButtons();
startKeys({
  save: files.save, editor, tabs: results.tabs,
  ids: [...document.querySelectorAll("[role=tab]")].map((tab) => tab.id.slice(4)),
});
adapter.ended.then(() => {
  document.body.prepend(el("p", { class: "ended", role: "alert" },
    "cnncalc has ended: what you change now cannot be saved. Start cnncalc edit again."));
});
start();

/** @returns {Promise<string>} the bytes of a picture in base64 */
function base64(/** @type {Blob} */ picture) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(picture);
  });
}

function startButtons() {
  byId("save").addEventListener("click", files.save);
  byId("link").addEventListener("click", copyLink);
  byId("help").addEventListener("click", () => byId("help-dialog").showModal());
  const input = byId("file-input");
  byId("open").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files[0]) files.take(input.files[0]);
    input.value = "";
  });
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(await linkTo({ name: files.name(), text: editor.text() }));
    status.say("Copied a link that holds this network");
  } catch (error) {
    status.say(/** @type {Error} */ (error).message);
  }
}

async function start() {
  results.tabs.show(results.tabs.first);
  try {
    await files.open();
    const shared = await sharedIn(location.hash);
    if (shared) openShared(shared);
    else if (adapter.kind === "wasm") await files.example("lenet5");
  } catch (error) {
    status.say(/** @type {Error} */ (error).message);
  }
  student.now(); // before what is asked next, since WebAssembly answers one call at a time
  addEventListener("hashchange", followLink);
  const [described, networks] = await Promise.all([adapter.call("language", {}), adapter.call("list", {})]);
  language = described;
  settings.offer(described.choices ?? {});
  const examples = createExamples(networks,
    (name) => files.example(name).catch((/** @type {Error} */ error) => status.say(error.message)));
  byId("examples").addEventListener("click", examples.open);
}

async function followLink() {
  try {
    const shared = await sharedIn(location.hash);
    if (shared && (await files.mayLeave())) openShared(shared);
  } catch (error) {
    status.say(/** @type {Error} */ (error).message);
  }
}

/**
 * openShared shows the network of a link, and takes it off the address, which is not it any more after the first key.
 */
function openShared(/** @type {{name: string, text: string}} */ shared) {
  files.load(shared.name, shared.text, "");
  history.replaceState(null, "", location.pathname + location.search);
  status.say(`Opened ${shared.name} from a link`);
}
