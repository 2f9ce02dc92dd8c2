import { cutForPaper, paperStyle } from "./paper.js";
import { followTheme, showSVG } from "./svg.js";

const least = 0.1;
const most = 4;

/** What the drawing does not have: which box is chosen, and that boxes can be. */
const chosenStyle = `
  svg { display: block; margin: auto }
  .page, .title { display: none }
  [data-layer] { cursor: pointer }
  [data-layer]:hover > .box { filter: brightness(0.95) }
  .chosen > .box { stroke-width: 3.5; stroke: #bf3989 }
  text.chosen { font-weight: 700; text-decoration: underline }
  [role="button"] { cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px }
  [role="button"]:hover { text-decoration-style: solid }
  [role="button"]:focus-visible { outline: 2px solid #0969da; outline-offset: 2px; border-radius: 3px }
`;

/**
 * mountGraph shows the drawing of a network: it zooms with Ctrl and the wheel, with + and -, and with the buttons, and
 * pans by scrolling and dragging. A click chooses a layer. The title of a frame, and the box of a folded one, are
 * buttons where onFold can fold and unfold: it gets the drawing's data-block. With folded, a drawing of the same with
 * blocks as single boxes, a button changes between the two.
 *
 * @param {HTMLElement} element
 * @param {any} study
 * @param {{onSelect: (layer: string) => void, onFold?: (key: string) => void, folded?: string, selected?: string}}
 *   options
 */
export function mountGraph(element, study, { onSelect, onFold, folded = "", selected = "" }) {
  element.classList.add("view-graph");
  const host = document.createElement("div");
  host.className = "view-drawing";
  const scroller = document.createElement("div");
  scroller.className = "view-scroller";
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  scroller.setAttribute("aria-label", `Graph of ${study.name || "the network"}`);
  scroller.append(host);
  element.replaceChildren(scroller, buttons());
  followTheme(host);
  const chosenSheet = new CSSStyleSheet(); // unlike a style element, allowed by a report's policy
  chosenSheet.replaceSync(chosenStyle + paperStyle);
  cutForPaper(host);

  /** @type {SVGSVGElement} */
  let svg;
  let size = { width: 0, height: 0 };
  let zoom = 1;
  let chosen = selected;
  let current = study;

  function update(/** @type {any} */ next) {
    const isDrawn = svg !== undefined && next.graph === current.graph;
    current = next;
    if (!next.graph) {
      host.shadowRoot?.replaceChildren();
      return;
    }
    if (isDrawn) {
      mark(false);
      return;
    }
    const focused = host.shadowRoot?.activeElement && blockOf(host.shadowRoot.activeElement);
    svg = showSVG(host, next.graph);
    if (onFold) makeFoldable(svg);
    if (focused) [...buttonsOf(svg)].find((button) => blockOf(button) === focused)?.focus();
    /** @type {ShadowRoot} */ (host.shadowRoot).adoptedStyleSheets = [chosenSheet];
    size = { width: svg.width.baseVal.value, height: svg.height.baseVal.value };
    scale();
    mark(false);
  }

  function scale() {
    svg.setAttribute("width", String(size.width * zoom));
    svg.setAttribute("height", String(size.height * zoom));
  }

  /** zoomTo scales the drawing, and keeps the point at x and y of the view where it is. */
  function zoomTo(/** @type {number} */ to, x = scroller.clientWidth / 2, y = scroller.clientHeight / 2) {
    if (!svg) return;
    const before = zoom;
    zoom = Math.min(most, Math.max(least, to));
    const [left, top] = [scroller.scrollLeft + x, scroller.scrollTop + y];
    scale();
    scroller.scrollTo((left * zoom) / before - x, (top * zoom) / before - y);
  }

  const fit = () => zoomTo(Math.min(scroller.clientWidth / size.width, scroller.clientHeight / size.height) * 0.98);

  function buttons() {
    const bar = document.createElement("div");
    bar.className = "view-zoom";
    for (const [text, title, press] of /** @type {[string, string, () => void][]} */ ([
      ["+", "Zoom in", () => zoomTo(zoom * 1.25)],
      ["−", "Zoom out", () => zoomTo(zoom / 1.25)],
      ["1:1", "1:1, the original size", () => zoomTo(1)],
      ["Fit", "Fit the whole network", () => fit()],
    ])) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.title = title;
      button.setAttribute("aria-label", `${text}: ${title}`);
      button.addEventListener("click", press);
      bar.append(button);
    }
    if (folded) bar.prepend(foldButton());
    return bar;
  }

  /** foldButton changes between the drawing with frames and the one with single boxes. */
  function foldButton() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Fold";
    button.title = "Draw each block as a single box";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const isFolded = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", String(!isFolded));
      update({ ...current, graph: isFolded ? study.graph : folded });
      scroller.scrollTo(0, 0);
    });
    return button;
  }

  scroller.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = scroller.getBoundingClientRect();
    zoomTo(zoom * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  scroller.addEventListener("keydown", (event) => {
    if (event.key === "+" || event.key === "=") zoomTo(zoom * 1.25);
    else if (event.key === "-") zoomTo(zoom / 1.25);
    else if (event.key === "0") fit();
    else return;
    event.preventDefault();
  });
  const isDragged = pan(scroller);
  scroller.addEventListener("click", (event) => {
    const at = /** @type {Element} */ (event.composedPath()[0]);
    if (isDragged() || fold(at)) return;
    const layer = at.closest?.("[data-layer]")?.getAttribute("data-layer");
    if (layer) onSelect(layer);
  });
  scroller.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (fold(/** @type {Element} */ (event.composedPath()[0]))) event.preventDefault();
  });

  /** fold folds or unfolds the frame whose button an element is in. It reports whether there is one. */
  function fold(/** @type {Element} */ at) {
    const button = at.closest?.("[role=button]");
    if (!button) return false;
    onFold?.(blockOf(button));
    return true;
  }

  /** mark marks the chosen layer; one of a later turn of a repeat is marked where its first is drawn. */
  function mark(/** @type {boolean} */ isToBeSeen) {
    if (!svg) return;
    for (const old of svg.querySelectorAll(".chosen")) old.classList.remove("chosen");
    const drawn = find(chosen) ?? find(firstTurn(current.layers, chosen));
    if (!drawn) return;
    drawn.classList.add("chosen");
    drawn.closest("g[data-layer]")?.classList.add("chosen");
    if (isToBeSeen) drawn.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function find(/** @type {string} */ name) {
    const all = [...svg.querySelectorAll("[data-layer]")].filter((one) => one.getAttribute("data-layer") === name);
    return all.find((one) => one.tagName === "text") ?? all[0];
  }

  /**
   * place shows the first box in the middle at the top, smaller if the drawing is wide. It waits until the view is to
   * be seen.
   */
  const place = new ResizeObserver(() => {
    if (scroller.clientWidth === 0) return;
    place.disconnect();
    if (size.width > scroller.clientWidth) zoomTo(Math.max(0.5, (scroller.clientWidth / size.width) * 0.98));
    const first = svg?.querySelector("[data-layer]")?.getBoundingClientRect();
    if (first) scroller.scrollTo(first.left + first.width / 2 - scroller.getBoundingClientRect().left - scroller.clientWidth / 2, 0);
  });

  update(study);
  place.observe(scroller);
  return {
    update,
    select(/** @type {string} */ name) {
      const isNew = name !== chosen;
      chosen = name;
      mark(isNew);
    },
  };
}

/** @returns {NodeListOf<SVGElement>} the buttons that fold and unfold */
const buttonsOf = (/** @type {Element} */ svg) => svg.querySelectorAll("[role=button]");

/** blockOf returns the key of the frame or folded box that an element is in. */
const blockOf = (/** @type {Element} */ at) => at.closest("[data-block]")?.getAttribute("data-block") ?? "";

/** makeFoldable makes buttons of the titles of frames, and of the boxes of those that are folded. */
function makeFoldable(/** @type {SVGSVGElement} */ svg) {
  svg.setAttribute("role", "group"); // an image has no buttons
  for (const block of svg.querySelectorAll("[data-block]")) {
    const isFolded = block.querySelector(".box") !== null;
    const button = isFolded ? block : block.querySelector("text");
    button?.setAttribute("role", "button");
    button?.setAttribute("tabindex", "0");
    button?.setAttribute("aria-expanded", String(!isFolded));
  }
}

/**
 * firstTurn returns the first layer from the same place of the file as a layer.
 *
 * @param {any[]} layers
 * @param {string} name
 * @returns {string}
 */
function firstTurn(layers, name) {
  const layer = layers.find((one) => one.name === name);
  if (!layer?.line) return "";
  return layers.find((one) => one.line === layer.line && one.column === layer.column).name;
}

/**
 * pan lets an element be scrolled by dragging with a mouse; touch does so anyway. What it returns reports whether the
 * last press was a drag.
 *
 * @param {HTMLElement} scroller
 * @returns {() => boolean}
 */
function pan(scroller) {
  let isDragged = false;
  /** @type {{x: number, y: number} | null} */
  let last = null;
  scroller.addEventListener("pointerdown", (event) => {
    isDragged = false;
    if (event.pointerType === "mouse" && event.button === 0) last = { x: event.clientX, y: event.clientY };
  });
  addEventListener("pointermove", (event) => {
    if (!last) return;
    const [x, y] = [event.clientX - last.x, event.clientY - last.y];
    if (!isDragged && Math.hypot(x, y) < 4) return;
    isDragged = true;
    scroller.scrollBy(-x, -y);
    last = { x: event.clientX, y: event.clientY };
  });
  addEventListener("pointerup", () => (last = null));
  return () => isDragged;
}
