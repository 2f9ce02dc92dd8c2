/**
 * @typedef {{line: number, column: number, endLine: number, endColumn: number}} Span
 * @typedef {{title: string, edits: (Span & {text: string})[]}} Fix
 * @typedef {Span & {severity: string, code: string, message: string, fits?: string, hint?: string, context?: string,
 *   layer?: string, fixes?: Fix[]}} Problem
 * @typedef {{name: string, values: number[], file: number[], min: number, max: number}} Variable
 * @typedef {{name: string, title: string, what: string, value: number, text: string, unit: string, estimate?: boolean}} Total
 * @typedef {Record<string, any> & {name: string, kind: string, text: string, output: string, explained: number,
 *   line?: number, column?: number}} Layer
 * @typedef {Record<string, any> & {name: string, sound: boolean, problems: Problem[], vars: Variable[],
 *   inputs: {name: string, size: string}[], settings: Record<string, any>, totals: Total[], layers: Layer[],
 *   explanations: {lines: {topic: string, text: string}[]}[]}} Study
 * @typedef {{parts: string[], layer?: string}} Only what a study has: all where there is none
 */

/** A study that takes longer, in milliseconds, waits until the keys rest: two keys of a fast typist are one study. */
const brief = 60;
const rest = 25;

/** How long keys rest before the parts that are not shown are computed too, in milliseconds. */
const pause = 300;

/**
 * createStudent returns what studies the network again and again: at first only what is shown, so that it follows each
 * key, and the whole in a pause. The newest request wins: an older one is stopped, and its answer never arrives.
 *
 * @param {{call: (name: string, request: object, options?: object) => Promise<any>}} adapter
 * @param {object} options
 * @param {() => {name: string, text: string, settings: object}} options.request
 * @param {() => Only} options.shown
 * @param {(study: Study, took: number, only?: Only) => void} options.onStudy
 * @param {(study: Study) => void} options.onWhole is called with the whole of the sound study that came last
 * @param {(error: Error) => void} options.onError
 */
export function createStudent(adapter, { request, shown, onStudy, onWhole, onError }) {
  let timer = 0;
  let turn = 0; // of what is to be studied when the task ends
  let lately = 0; // how long the last study took
  let running = new AbortController();
  /** @type {object | null} */
  let partial = null; // the request of the last sound study, until the whole of it is known
  let completing = new AbortController();

  /** stop has what is asked for not come any more. */
  function stop() {
    running.abort();
    completing.abort();
    clearTimeout(timer);
  }

  async function study() {
    stop();
    const own = (running = new AbortController());
    const began = performance.now();
    const asked = request();
    const only = shown();
    try {
      const answer = await adapter.call("study", { ...asked, only }, { signal: own.signal });
      if (own.signal.aborted) return;
      lately = performance.now() - began;
      if (answer.sound) partial = asked;
      onStudy(answer, lately, only);
    } catch (error) {
      if (own.signal.aborted) return;
      onError(/** @type {Error} */ (error));
    }
    timer = window.setTimeout(complete, pause);
  }

  async function complete() {
    if (!partial) return;
    clearTimeout(timer);
    completing.abort();
    const own = (completing = new AbortController());
    try {
      const answer = await adapter.call("study", partial, { signal: own.signal });
      if (own.signal.aborted) return;
      partial = null;
      onWhole(answer);
    } catch (error) {
      if (!own.signal.aborted) onError(/** @type {Error} */ (error));
    }
  }

  return {
    /** now studies the network at once. */
    now: study,
    /** complete completes the last sound study at once. */
    complete,
    /**
     * again studies the network after a change. What was asked before is not wanted any more. A brief study begins with
     * the task's end: a timer would wait until the key is painted.
     */
    again() {
      stop();
      const own = ++turn;
      if (lately > brief) timer = window.setTimeout(study, rest);
      else queueMicrotask(() => own === turn && study());
    },
  };
}
