import { el } from "./dom.js";

/**
 * The views of a study, in the order of their tabs. Each mounts into its panel, and is updated with later studies.
 *
 * @type {{id: string, title: string, mount: (element: HTMLElement, study: any, options: any) => any}[]}
 */
export const views = [
  { id: "graph", title: "Graph", mount: mountPlainGraph },
  { id: "table", title: "Table", mount: mountPlainTable },
];

function mountPlainGraph(element, study) {
  const update = (study) => {
    element.replaceChildren();
    const host = el("div", {});
    element.append(host);
    host.attachShadow({ mode: "open" }).append(document.importNode(new DOMParser().parseFromString(study.graph ?? "", "image/svg+xml").documentElement, true));
  };
  update(study);
  return { update, select() {} };
}

function mountPlainTable(element, study) {
  const update = (study) => element.replaceChildren(el("table", {}, ...study.layers.map((l) => el("tr", {}, el("td", {}, l.name), el("td", {}, l.text), el("td", {}, l.output)))));
  update(study);
  return { update, select() {} };
}
