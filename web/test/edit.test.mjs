// The page of cnncalc edit in a browser: typing, completion, help, problems, controls, links, themes, and the keyboard.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { edit, open, startBrowser, violations } from "./harness.mjs";

const browser = await startBrowser();
after(() => browser.close());

/** serve serves a SPEC, and opens it when the page knows the language. */
async function serve(spec, { theme = "light", width = 1280, height = 800, fragment = "" } = {}) {
  const server = await edit({ spec });
  const opened = await open(browser, server.address + fragment, {
    viewport: { width, height }, colorScheme: theme, permissions: ["clipboard-read", "clipboard-write"],
  });
  await opened.page.waitForSelector("#setting-mode option >> nth=1", { state: "attached" });
  const close = async () => {
    await opened.close();
    await server.stop();
  };
  return { ...opened, close };
}

/** settled waits until the newest text is studied, and found sound or not. */
async function settled(page, isSound = true) {
  await page.waitForFunction((state) => document.querySelector("#main").dataset.studied === state,
    isSound ? "sound" : "broken");
}

/** on runs a test on the page of a SPEC, which must not have faults. */
function on(name, spec, options, run) {
  test(name, async () => {
    const { page, faults, close } = await serve(spec, options);
    try {
      await settled(page);
      await page.waitForSelector("#main[data-known=all]"); // what is shown then does not move what is clicked
      await run(page);
      assert.deepEqual(faults, []);
    } finally {
      await close();
    }
  });
}

/** atEnd puts the cursor after the last layer of lenet5. */
async function atEnd(page) {
  await page.click(".cm-content");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("Backspace");
}

const total = (page, title) =>
  page.$eval("#totals", (list, title) =>
    [...list.children].find((one) => one.firstChild.textContent === title)?.lastChild.textContent, title);

on("the figures follow the keys", "lenet5", {}, async (page) => {
  assert.equal(await total(page, "parameters"), "61,706");
  await atEnd(page);
  await page.keyboard.type(" -> FC-10");
  await page.waitForFunction(() => document.querySelector("#totals").textContent.includes("61,816"));
});

on("a broken line has its problem at its place, and the last sound state stays", "lenet5", {}, async (page) => {
  await atEnd(page);
  await page.keyboard.type(" -> RELUU");
  await settled(page, false);
  assert.equal(await page.textContent("#problem"), "16:50 unknown kind of layer RELUU");
  assert.equal(await page.textContent(".cm-lintRange-error"), "RELUU");
  assert.equal(await total(page, "parameters"), "61,706");
  assert.ok(await page.$eval("#main", (main) => main.classList.contains("stale")));
  await page.click("#tab-problems");
  assert.match(await page.textContent("#panel-problems"), /line 16, column 50/);
  await page.click(".cm-content");
  for (let i = 0; i < 9; i++) await page.keyboard.press("Control+z");
  await settled(page);
  assert.ok(!(await page.$eval("#main", (main) => main.classList.contains("stale"))));
});

on("what is not shown while one types is there when it is chosen, of the last sound state", "lenet5", {},
  async (page) => {
  await atEnd(page);
  await page.keyboard.type(" -> FC-10");
  await settled(page);
  await page.keyboard.type(" -> RELUU"); // before the whole is computed
  await settled(page, false);
  await page.click("#tab-memory");
  assert.match(await page.textContent("#panel-memory .view-step"), /at most/);
  await page.click("#tab-fit");
  assert.match(await page.textContent("#panel-fit tbody"), /h100-80gb/);
  await page.click("#tab-table");
  await page.click("[data-layer=fc4]");
  await page.waitForFunction(() => document.querySelector("#layer").textContent.includes("10*10"));
});

on("a fix is a button, and can be undone", "lenet5", {}, async (page) => {
  await atEnd(page);
  await page.keyboard.type(" -> RELUU");
  await settled(page, false);
  await page.click("#tab-problems");
  await page.click("#panel-problems .fix");
  await settled(page);
  assert.match(await page.textContent(".cm-content"), /FC-10 -> RELU$/);
  await page.click(".cm-content");
  await page.keyboard.press("Control+z");
  await settled(page, false);
  assert.match(await page.textContent(".cm-content"), /FC-10 -> RELUU$/);
});

on("kinds, options, labels, blocks and keys are completed", "resnet50", {}, async (page) => {
  const offered = async (typed) => {
    await page.keyboard.type(typed);
    await page.waitForTimeout(200); // what is offered while one types
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Space");
    await page.waitForSelector(".cm-tooltip-autocomplete li");
    const labels = await page.$$eval(".cm-tooltip-autocomplete .cm-completionLabel",
      (all) => all.map((one) => one.textContent));
    await page.keyboard.press("Escape");
    await page.waitForSelector(".cm-tooltip-autocomplete", { state: "detached" });
    return labels;
  };
  await atEnd(page);
  assert.equal((await offered(" @last -> CO"))[0], "CONV");
  assert.ok((await offered("NV3-8 ")).includes("s"));
  assert.deepEqual(await offered("-> bott"), ["bottleneck"]);
  assert.deepEqual(await offered("leneck(@la"), ["@last"]);
  await page.keyboard.type(")\n");
  await page.keyboard.press("Backspace"); // the indentation of the layers
  assert.ok((await offered("pre")).includes("preprocess"));
  assert.ok((await offered("process: {")).includes("resize"));
});

on("F1 explains the kind at the cursor, and the pointer does", "lenet5", {}, async (page) => {
  await page.click(".cm-content >> text=/^POOL$/ >> nth=0");
  await page.keyboard.press("F1");
  await page.waitForSelector(".cm-tooltip .help");
  assert.match(await page.textContent(".cm-tooltip .help"), /^POOLmax pooling/);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".cm-tooltip .help", { state: "detached" });
  await page.hover(".cm-content >> text=/^RELU$/ >> nth=0");
  await page.waitForSelector(".cm-tooltip .help");
  assert.match(await page.textContent(".cm-tooltip .help"), /^RELU/);
});

on("a variable is a slider, which can be written into the file", "resnet20", {}, async (page) => {
  await page.focus(".variable input[type=range]");
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelector("#totals").textContent.includes("564,122"));
  assert.match(await page.textContent(".cm-content"), /vars: \{n: 3\}/);
  await page.click("text=Write into the file");
  assert.match(await page.textContent(".cm-content"), /vars: \{n: 6\}/);
  await settled(page);
  assert.equal(await total(page, "parameters"), "564,122");
});

on("settings change the figures, and a wrong one says what would be right", "lenet5", {}, async (page) => {
  const before = await total(page, "training peak");
  await page.fill("#setting-batch", "64");
  await page.waitForFunction((before) => !document.querySelector("#totals").textContent.includes(before), before);
  await page.fill("#setting-device", "t44");
  await page.waitForFunction(() => document.querySelector("#problem").textContent.includes("did you mean t4?"));
});

on("choosing a layer moves the cursor, and the cursor chooses a layer", "lenet5", {}, async (page) => {
  await page.click("#tab-table");
  await page.waitForFunction( // as check counts
    () => /^11 layers, computed in/.test(document.querySelector("#problem").textContent));
  assert.equal(await page.textContent("#panel-table .view-note"), "11 layers");
  await page.click("[data-layer=pool1]");
  assert.match(await page.textContent("#layer h2"), /^pool1/);
  assert.equal(await page.textContent("#position"), "14:29");
  await page.click(".cm-content >> text=/^FC$/ >> nth=1");
  assert.match(await page.textContent("#layer h2"), /^fc2/);
  assert.equal(await page.getAttribute("tr[aria-current]", "data-layer"), "fc2");
  await page.click("#tab-graph");
  await page.click("#panel-graph text[data-layer=conv1]");
  assert.match(await page.textContent("#layer h2"), /^conv1/);
});

on("blocks of the graph are folded and unfolded, by a click and by keys", "googlenet", {}, async (page) => {
  const frames = page.locator("#panel-graph [aria-expanded=true]");
  const folded = page.locator("#panel-graph [aria-expanded=false]");
  const count = await frames.count();
  assert.ok(count > 2 && (await folded.count()) === 0);
  await frames.first().click();
  await folded.first().waitFor();
  assert.equal(await frames.count(), count - 1);
  assert.match(await folded.first().textContent(), /inception, 14 layers/);
  assert.deepEqual(await violations(page), []);
  await folded.first().focus();
  await page.keyboard.press("Enter");
  await folded.first().waitFor({ state: "detached" });
  assert.equal(await frames.count(), count);
  const focused = () => page.evaluate(() => document.querySelector("#panel-graph .view-drawing").shadowRoot.activeElement?.ariaExpanded);
  assert.equal(await focused(), "true");
  await page.keyboard.press("Space");
  await folded.first().waitFor();
  assert.equal(await focused(), "false");
});

on("the tabs show one view each", "lenet5", {}, async (page) => {
  for (const [tab, content] of [["memory", ".view-timeline"], ["fit", ".view-devices"], ["roofline", ".view-layer"],
    ["fields", ".view-layer"], ["graph", ".view-zoom"]]) {
    await page.click(`#tab-${tab}`);
    await page.waitForSelector(`#panel-${tab} ${content}`);
    assert.equal(await page.locator("[role=tabpanel]:visible").count(), 1);
  }
});

on("a table is sorted, searched and copied", "lenet5", {}, async (page) => {
  await page.click("#tab-table");
  await page.click("th >> text=MACs");
  assert.equal(await page.getAttribute("tbody tr", "data-layer"), "conv2");
  await page.fill("[aria-label='Search layers']", "pool");
  assert.equal(await page.locator("tbody tr").count(), 2);
  await page.click("text=Copy as CSV");
  await page.waitForFunction(() => document.querySelector(".view-note").textContent === "Copied 2 rows");
  assert.match(await page.evaluate(() => navigator.clipboard.readText()),
    /^name,text,output,.*\npool1,POOL2,14x14x6,1176,/);
});

on("a link holds the network, and shows it elsewhere", "lenet5", {}, async (page) => {
  await atEnd(page);
  await page.keyboard.type(" -> FC-10 @é");
  await page.click("#link");
  await page.waitForFunction(() => document.querySelector("#problem").textContent.startsWith("Copied a link"));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await serve("vgg16", { fragment: `&${new URL(link).hash.slice(1)}` });
  try {
    await other.page.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("FC-10 @é"));
    assert.doesNotMatch(await other.page.evaluate(() => location.href), /network=/);
    assert.deepEqual(other.faults, []);
  } finally {
    await other.close();
  }
});

on("a damaged link is said to be, and the file is shown", "lenet5", { fragment: "&network=AAAA" }, async (page) => {
  assert.equal(await page.textContent("#problem"), "the link is damaged: it does not hold a network");
});

on("text of users is never HTML", "lenet5", {}, async (page) => {
  await atEnd(page);
  await page.evaluate(() => navigator.clipboard.writeText(
    ` -> FC-5 @x\nlabels: ["<img src=x onerror=document.title='owned'>", "javascript:alert(1)", "\u202e"]\nname: <script>document.title="owned"</script>`));
  await page.keyboard.press("Control+v");
  for (const tab of ["graph", "table", "problems", "run"]) await page.click(`#tab-${tab}`);
  await page.waitForTimeout(200);
  assert.equal(await page.locator("main script, main img[src]").count(), 0);
  assert.doesNotMatch(await page.title(), /^owned/);
});

on("the theme is the system's until another is chosen", "lenet5", { theme: "dark" }, async (page) => {
  const colour = () => page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
  const drawn = () => page.$eval("#panel-graph .box.conv", (box) => getComputedStyle(box).fill);
  const [darkColour, darkBox] = [await colour(), await drawn()];
  await page.click("#theme");
  assert.equal(await page.textContent("#theme"), "Theme: light");
  assert.notEqual(await colour(), darkColour);
  assert.notEqual(await drawn(), darkBox);
});

on("the tabs and the skip links work by keyboard alone", "lenet5", {}, async (page) => {
  await page.focus("body");
  await page.keyboard.press("Tab");
  assert.equal(await page.textContent(":focus"), "Skip to the editor");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.getAttribute(":focus", "id"), "tab-graph");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getAttribute(":focus", "id"), "tab-table");
  assert.ok(await page.isVisible("#panel-table"));
  await page.keyboard.press("Alt+e");
  assert.ok(await page.$eval(":focus", (focus) => focus.classList.contains("cm-content")));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.ok(!(await page.$eval(":focus", (focus) => focus.classList.contains("cm-content"))));
});

on("a page of 360 pixels shows one pane at a time, and nothing is cut off", "lenet5", { width: 360, height: 740 },
  async (page) => {
  assert.ok(await page.isVisible(".cm-content"));
  await page.click("#show-results");
  assert.ok(await page.isVisible("#panel-graph"));
  assert.ok(!(await page.isVisible(".cm-content")));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
});

for (const theme of ["light", "dark"]) {
  for (const width of [1280, 360]) {
    on(`axe finds nothing wrong: ${theme}, ${width} pixels wide`, "lenet5", { theme, width }, async (page) => {
      const check = async (state) => assert.deepEqual(await violations(page), [], state);
      await check("the editor");
      if (width === 360) await page.click("#show-results");
      for (const tab of await page.$$eval("[role=tab]", (tabs) => tabs.map(({ id }) => id))) {
        await page.click(`#${tab}`);
        await check(tab);
      }
      await page.click("#help");
      await check("help");
      await page.keyboard.press("Escape");
      await page.click("#examples");
      await check("examples");
    });
  }
}
