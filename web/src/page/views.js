import "../view/view.css";
import { mountGraph } from "../view/graph.js";
import { mountTable } from "../view/table.js";

/**
 * The views of a study, in the order of their tabs. Each mounts into its panel, and is updated with later studies.
 *
 * @type {{id: string, title: string, mount: (element: HTMLElement, study: any, options: any) => any}[]}
 */
export const views = [
  { id: "graph", title: "Graph", mount: mountGraph },
  { id: "table", title: "Table", mount: mountTable },
];
