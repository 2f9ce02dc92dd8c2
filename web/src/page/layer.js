import { byId, el } from "./dom.js";

/** createLayer shows the arithmetic of the chosen layer. */
export function createLayer() {
  const element = byId("layer");
  return {
    show(/** @type {import("./study.js").Study | null} */ study, /** @type {string} */ name) {
      const layer = study?.layers.find((one) => one.name === name);
      element.replaceChildren(...(study && layer ? described(study, layer) : [el("p", { class: "empty" }, hint)]));
    },
  };
}

const hint = "Choose a layer in the graph, in the table or with the cursor: its arithmetic is shown here.";

/**
 * @param {import("./study.js").Study} study
 * @param {import("./study.js").Layer} layer
 */
function described(study, layer) {
  const lines = study.explanations[layer.explained]?.lines ?? [];
  return [
    el("h2", {}, layer.name, " ", el("code", {}, layer.text), layer.within ? el("small", {}, ` ${layer.within}`) : ""),
    el("dl", {}, ...lines.flatMap((line) => [el("dt", {}, line.topic), el("dd", {}, line.text)])),
  ];
}
