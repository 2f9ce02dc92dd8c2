import { createLayer } from "./layer.js";
import { createProblems, isSevere } from "./problems.js";
import { createTabs } from "./tabs.js";
import { createTotals } from "./totals.js";
import { byId, el } from "./dom.js";
import { views } from "./views.js";

/**
 * createResults shows studies: the last sound one in the views, marked as stale while the text has problems, and the
 * problems of the newest.
 *
 * @param {ReturnType<typeof import("./editor.js").createEditor>} editor
 * @param {object} options
 * @param {() => void} options.onFold is called when what is folded in the graph has changed
 * @param {() => void} options.onMissing is called when a part of the last sound study is to be shown that it does not have
 */
export function createResults(editor, { onFold, onMissing }) {
  const tabs = createTabs(
    [...views.map(({ id, title }) => ({ id, title })), { id: "problems", title: "Problems" },
      { id: "run", title: "Run" }],
    (id) => draw(id),
  );
  const totals = createTotals();
  const layer = createLayer();
  const problems = createProblems(tabs.panel("problems"), editor);
  /** @type {Map<string, {view: any, study: object}>} */
  const drawn = new Map();
  /** @type {import("./study.js").Study | null} */
  let sound = null;
  /** @type {import("./study.js").Only | undefined} */
  let only; // what sound has; undefined for all
  let chosen = "";
  const folded = new Set();
  let isStale = false;

  /** draw brings the view that is shown up to date; the others wait until they are. */
  function draw(/** @type {string} */ id) {
    const kind = views.find((one) => one.id === id);
    if (!kind || !sound) return;
    if (only && kind.part && !only.parts.includes(kind.part)) {
      onMissing();
      return;
    }
    const known = drawn.get(id);
    if (!known) {
      const host = el("div", {}); // a view may hide what it is in, as it does without data
      tabs.panel(id).append(host);
      const view = kind.mount(host, sound,
        { onSelect: (/** @type {string} */ name) => choose(name, true), onFold: fold, selected: chosen });
      drawn.set(id, { view, study: sound });
    } else if (known.study !== sound) {
      known.view.update(sound);
      known.study = sound;
    }
    drawn.get(id)?.view.select(chosen);
  }

  /** choose chooses a layer, and takes the cursor to it where the choice was made in a view. */
  function choose(/** @type {string} */ name, /** @type {boolean} */ isFromView) {
    if (name === chosen && !isFromView) return;
    chosen = name;
    drawn.get(tabs.shown())?.view.select(name);
    explain();
    const at = sound?.layers.find((one) => one.name === name);
    if (isFromView && at?.line && !isStale) editor.go(at.line, at.column ?? 1);
  }

  /** explain shows the arithmetic of the chosen layer, when it is known. */
  function explain() {
    layer.show(sound, chosen);
    if (sound && only && chosen && chosen !== only.layer) onMissing();
  }

  function know(/** @type {import("./study.js").Study} */ study,
    /** @type {import("./study.js").Only | undefined} */ parts) {
    [sound, only] = [study, parts];
    byId("main").dataset.known = only ? "some" : "all";
  }

  function fold(/** @type {string} */ key) {
    if (!folded.delete(key)) folded.add(key);
    onFold();
  }

  function mark(/** @type {boolean} */ stale) {
    isStale = stale;
    byId("main").classList.toggle("stale", stale && sound !== null);
  }

  return {
    tabs,
    sound: () => sound,
    /** folded returns what is folded in the graph, as a study takes it. */
    folded: () => [...folded],
    choose,
    /** shown returns what a study must have for what is shown. */
    shown() {
      const part = views.find((one) => one.id === tabs.shown())?.part;
      return { parts: part ? [part] : [], layer: chosen };
    },
    /** update shows a study of the text as it is, which has only some parts. */
    update(/** @type {import("./study.js").Study} */ study, /** @type {import("./study.js").Only=} */ parts) {
      problems.update(study.problems);
      const severe = study.problems.filter(isSevere).length;
      tabs.count("problems", study.problems.length, severe > 0);
      if (study.sound) {
        know(study, parts);
        totals.update(study);
        explain();
      }
      mark(!study.sound);
      byId("main").dataset.studied = study.sound ? "sound" : "broken";
      draw(tabs.shown());
    },
    /** complete takes the whole of the last sound study. What is shown of it stays as it is. */
    complete(/** @type {import("./study.js").Study} */ whole) {
      if (!sound) return;
      for (const one of drawn.values()) if (one.study === sound) one.study = whole;
      const wasExplained = !only || chosen === only.layer;
      know(whole, undefined);
      if (!wasExplained) explain();
      draw(tabs.shown());
    },
    /** changed notes that the text is not the studied one any more; a moment later it is, or the views are stale. */
    changed() {
      isStale = true;
      byId("main").dataset.studied = "";
    },
    /** stale marks the views as those of an older text. */
    stale: () => mark(true),
    /** chooseAt chooses the layer that a place in the text is in. */
    chooseAt(/** @type {number} */ line, /** @type {number} */ column) {
      if (isStale || !sound) return;
      const at = layerAt(sound.layers, chosen, line, column);
      if (at) choose(at, false);
    },
  };
}

/**
 * layerAt returns the layer that begins last before a place in its line; of several there, as in a repeat, the chosen
 * one or the first.
 *
 * @param {import("./study.js").Layer[]} layers
 * @param {string} chosen
 * @param {number} line
 * @param {number} column
 * @returns {string}
 */
function layerAt(layers, chosen, line, column) {
  let best = 0;
  for (const layer of layers) {
    if (layer.line === line && (layer.column ?? 0) <= column) best = Math.max(best, layer.column ?? 0);
  }
  const there = layers.filter((layer) => layer.line === line && layer.column === best);
  return (there.find((layer) => layer.name === chosen) ?? there[0])?.name ?? "";
}
