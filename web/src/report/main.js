import "../view/view.css";
import "../view/charts.css";
import "./report.css";
import { mountBatches } from "../view/batches.js";
import { make } from "../view/chart.js";
import { mountFields } from "../view/fields.js";
import { mountGraph } from "../view/graph.js";
import { mountRoofline } from "../view/roofline.js";
import { mountTable } from "../view/table.js";
import { mountTimeline } from "../view/timeline.js";
import { visible } from "../view/visible.js";
import { unpack } from "./unpack.js";

/** How long a layer's explanation says which others have the same arithmetic. */
const mostAlike = 6;

const data = /** @type {HTMLElement} */ (document.getElementById("data"));
unpack(JSON.parse(data.textContent ?? "[]")).forEach(showNetwork);

/**
 * showNetwork puts views in the place of the tables of a network, all of which show the layer that one of them chooses.
 *
 * @param {any} study
 * @param {number} k
 */
function showNetwork(study, k) {
  const find = (/** @type {string} */ name) => document.getElementById(`n${k}-${name}`);
  /** @type {any[]} */
  const views = [];
  const onSelect = (/** @type {string} */ name) => views.forEach((view) => view.select(name));
  const mounts = {
    graph: mountGraph, layers: mountTable, memory: mountTimeline, batches: mountBatches, roofline: mountRoofline,
    fields: mountFields,
  };
  study.graph = graphOf(find("graph"));
  const folded = foldedOf(find("graph"));
  for (const [name, mount] of Object.entries(mounts)) {
    const element = find(name);
    if (element) views.push(mount(element, study, { onSelect, folded }));
  }
  const explain = find("explain");
  if (explain) views.push(explanation(explain, study));
}

/** graphOf returns the drawing that the file has, as text. */
function graphOf(/** @type {HTMLElement | null} */ element) {
  const host = element?.querySelector(".drawing > div");
  const svg = host?.shadowRoot?.querySelector("svg") ?? host?.querySelector("template")?.content.querySelector("svg");
  return svg ? new XMLSerializer().serializeToString(svg) : "";
}

/** foldedOf returns the drawing with blocks as single boxes, "" if the file has none. */
function foldedOf(/** @type {HTMLElement | null} */ element) {
  const template = /** @type {HTMLTemplateElement | null} */ (element?.querySelector("template.folded") ?? null);
  const svg = template?.content.querySelector("svg");
  return svg ? new XMLSerializer().serializeToString(svg) : "";
}

/** explanation shows the arithmetic of the chosen layer above that of all, in whose order its explanations are. */
function explanation(/** @type {HTMLElement} */ element, /** @type {any} */ study) {
  const lists = [...element.querySelectorAll("details > dl")];
  const panel = make("div", { class: "chosen", "aria-live": "polite" },
    "Choose a layer in the graph, the table or the roofline.");
  element.prepend(panel);
  return {
    select(/** @type {string} */ name) {
      const layer = study.layers.find((/** @type {any} */ one) => one.name === name);
      if (!layer) return;
      const list = /** @type {Element} */ (lists[layer.explained].cloneNode(true));
      const lines = ownLines(layer, study.layers);
      const backward = study.backward[layer.kind]; // which the explanation of one layer of each kind has
      if (backward && !list.textContent?.includes(backward)) lines.unshift(["backward pass", backward]);
      for (const [topic, text] of lines) list.append(make("dt", {}, topic), make("dd", {}, text));
      panel.replaceChildren(make("h3", {}, layer.name, " ", make("code", {}, layer.text)), list);
    },
  };
}

/**
 * ownLines returns what is to say of a layer that is not of all with the same arithmetic: topics and texts.
 *
 * @param {any} layer
 * @param {any[]} layers
 * @returns {[string, string][]}
 */
function ownLines(layer, layers) {
  /** @type {[string, string][]} */
  const lines = [];
  if (layer.within) lines.push(["within", layer.within]);
  if (layer.origin) lines.push(["in the model", visible(layer.origin)]);
  if (layer.field) {
    const { size, jump, start } = layer.field;
    lines.push(["receptive field",
      `${size.join("x")} pixels, jump ${jump.join("x")}, from pixel ${start.join(", ")} on`]);
  }
  const alike = layers.filter((one) => one.explained === layer.explained && one !== layer).map((one) => one.name);
  if (alike.length > 0) {
    const more = alike.length > mostAlike ? `, and ${alike.length - mostAlike} more` : "";
    lines.push(["the same in", alike.slice(0, mostAlike).join(", ") + more]);
  }
  return lines;
}
