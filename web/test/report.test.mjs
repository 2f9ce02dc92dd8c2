// Reports: files of cnncalc report, which are opened from a disk.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { hostileModel, hostileText, newFolder, open, program, startBrowser, violations } from "./harness.mjs";

const folder = newFolder();
let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** report writes a report, and returns its address. */
function report(...specs) {
  const path = join(folder, `${specs.join("-").replaceAll("/", "-")}.html`);
  execFileSync(program(), ["report", ...specs, "-o", path], { cwd: folder });
  return pathToFileURL(path).href;
}

/**
 * on tests a report in a context with these options; nothing may be asked of anywhere, and no error be on the console.
 */
function on(name, specs, options, run) {
  test(name, async () => {
    const address = report(...specs);
    const { page, faults, close } = await open(browser, "about:blank", options);
    const requests = [];
    page.on("request", (request) => request.url() !== address && !/^(data|blob):/.test(request.url())
      && requests.push(request.url()));
    await page.goto(address);
    await run(page);
    assert.deepEqual(faults.filter((fault) => !fault.startsWith("a request to file:")), []);
    assert.deepEqual(requests, []);
    await close();
  });
}

const networks = { "one network": ["googlenet"], "two networks": ["lenet5", "torchvision/resnet18"] };

on("the graph zooms and pans, and a layer is chosen in it", ["googlenet"], { viewport: { width: 1280, height: 1400 } },
  async (page) => {
  const graph = page.locator("#n0-graph");
  const width = () => graph.locator("svg").evaluate((svg) => svg.width.baseVal.value);
  const before = await width();
  await graph.getByRole("button", { name: "Zoom in" }).click();
  assert.ok((await width()) > before * 1.2);
  const scroller = graph.locator(".view-scroller");
  const top = () => scroller.evaluate((element) => element.scrollTop);
  await scroller.scrollIntoViewIfNeeded();
  const box = await scroller.boundingBox();
  const from = await top();
  await page.mouse.move(box.x + box.width / 2, box.y + 200);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 50, { steps: 4 });
  await page.mouse.up();
  assert.ok((await top()) > from);
  await graph.locator("text[data-layer=conv1]").click();
  const explained = page.locator("#n0-explain .chosen");
  assert.match(await explained.innerText(), /^conv1 CONV7-64/);
  assert.match(await explained.innerText(), /receptive field\s+7x7 pixels/);
  assert.match(await explained.innerText(), /backward pass/);
  assert.equal(await page.locator("#n0-layers tr[aria-current]").getAttribute("data-layer"), "conv1");
});

on("the graph folds, and unfolds", ["googlenet"], { viewport: { width: 1280, height: 1400 } }, async (page) => {
  const boxes = () => page.locator("#n0-graph .view-drawing .box").count();
  const before = await boxes();
  const fold = page.locator("#n0-graph").getByRole("button", { name: "Fold" });
  await fold.click();
  assert.equal(await boxes(), before - 9 * 7); // each of nine modules: six CONV layers, a pool and CONCAT
  assert.equal(await fold.getAttribute("aria-pressed"), "true");
  await page.locator("#n0-graph text[data-layer=conv1]").click();
  assert.match(await page.locator("#n0-explain .chosen").innerText(), /^conv1 /);
  await fold.click();
  assert.equal(await boxes(), before);
});

on("the table is sorted, searched and copied", ["googlenet"], { permissions: ["clipboard-read", "clipboard-write"] },
  async (page) => {
  const table = page.locator("#n0-layers");
  await table.getByRole("button", { name: "MACs" }).click();
  assert.equal(await table.locator("tbody tr").first().getAttribute("data-layer"), "conv3");
  await table.getByRole("searchbox").fill("pool");
  const rows = await table.locator("tbody tr").count();
  assert.ok(rows > 5 && rows < 30);
  await table.getByRole("button", { name: "Copy as CSV" }).click();
  await table.getByText(`Copied ${rows} rows`).waitFor();
  const csv = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(csv, /^name,text,output,/);
  assert.equal(csv.trimEnd().split("\n").length, rows + 1);
});

on("the memory says what is alive", ["lenet5"], {}, async (page) => {
  const memory = page.locator("#n0-memory");
  await memory.locator("input[type=range]").focus();
  await page.keyboard.press("Home");
  const first = await memory.innerText();
  await page.keyboard.press("End");
  assert.notEqual(await memory.innerText(), first);
});

on("a layer is chosen by its receptive field", ["lenet5"], {}, async (page) => {
  await page.locator("#n0-fields [data-layer=pool1]").click();
  assert.match(await page.locator("#n0-fields .view-step").innerText(),
    /^pool1 POOL2: a value sees 6x6 pixels of the picture; the next value sees it 2x2 pixels on$/);
  assert.match(await page.locator("#n0-explain .chosen").innerText(), /^pool1/);
});

on("several networks are side by side", networks["two networks"], {}, async (page) => {
  const row = page.getByRole("row", { name: /^parameters / });
  assert.match(await row.first().innerText(), /61,706\s+11,689,512\s/);
  await page.locator("#n1-graph text[data-layer=conv1]").click();
  assert.match(await page.locator("#n1-explain .chosen").innerText(), /^conv1 CONV7-64/);
  assert.doesNotMatch(await page.locator("#n0-explain .chosen").innerText(), /conv1/);
});

on("without JavaScript it is a document", ["googlenet"], { javaScriptEnabled: false }, async (page) => {
  assert.ok(await page.locator("#n0-layers tbody tr").count() > 80);
  assert.ok(await page.locator("#n0-graph svg").isVisible());
  await page.locator("summary", { hasText: "conv1" }).first().click();
  assert.ok(await page.getByText("(7*7*3)*64 = 9,408 weights").first().isVisible());
});

on("on paper no box and no text of the graph is cut, and all of the arithmetic is there", ["googlenet"], {}, async (page) => {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const { cut, texts, drawn } = await page.locator("#n0-graph .view-drawing").evaluate((host) => {
    const cut = [];
    const texts = new Set();
    for (const strip of host.shadowRoot.querySelectorAll(".strips svg")) {
      const { y, height } = strip.viewBox.baseVal;
      for (const one of strip.querySelectorAll(".box, text")) {
        const box = one.getBBox();
        const isIn = box.y >= y - 1 && box.y + box.height <= y + height + 1;
        if (isIn && one.tagName === "text") texts.add(one.textContent + box.x + " " + box.y);
        if (!isIn && box.y < y + height - 1 && box.y + box.height > y + 1) cut.push(one.outerHTML);
      }
    }
    const whole = [...host.shadowRoot.children].find((one) => one.tagName === "svg");
    return { cut, texts: texts.size, drawn: whole.querySelectorAll("text").length };
  });
  assert.deepEqual(cut, []);
  assert.equal(texts, drawn);
  assert.ok(await page.locator("#n0-explain").getByText("(7*7*3)*64 = 9,408 weights").first().isVisible());
  // Chromium repeats the head of a table on each page unless there are buttons in it.
  assert.equal(await page.locator("#n0-layers thead button").first().isVisible(), false);
  assert.match(await page.locator("#n0-layers thead").innerText(), /^name\s+layer\s+output\s+activations/);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#n0-graph .view-drawing .strips").count(), 0);
});

on("dark is for the screen: paper is light", ["lenet5"], { colorScheme: "dark" }, async (page) => {
  const colours = () => page.evaluate(() => {
    const fill = (id) => getComputedStyle(document.querySelector(id).shadowRoot.querySelector(".page")).fill;
    return [getComputedStyle(document.body).backgroundColor, fill("#n0-graph .view-drawing"), fill("#n0-volumes .drawing > div")];
  });
  assert.deepEqual(await colours(), Array(3).fill("rgb(13, 17, 23)"));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.deepEqual(await colours(), Array(3).fill("rgb(255, 255, 255)"));
});

test("text of users is never HTML", async () => {
  writeFileSync(join(folder, "hostile.yaml"), `name: <script>document.title="owned"</script>
input: 8x8x1
labels: ["<img src=x onerror=document.title='owned'>", "javascript:alert(1)"]
layers: INPUT -> FC-2 @x
`);
  const { page, faults, close } = await open(browser, report("hostile.yaml"));
  assert.match(await page.title(), /^<script>/);
  assert.deepEqual(faults.filter((fault) => !fault.startsWith("a request to file:")), []);
  await close();
});

test("what a model calls its layers is text", async () => {
  writeFileSync(join(folder, "hostile.onnx"), hostileModel(hostileText + "x".repeat(100_000)));
  const { page, faults, close } = await open(browser, report("hostile.onnx"));
  await page.locator("#n0-graph text[data-layer=relu1]").click();
  const chosen = await page.locator("#n0-explain .chosen").innerText();
  assert.match(chosen, /in the model\s+<\/script><img src=x .*\\u202e\\u2066x+\.\.\.x+/);
  assert.ok(chosen.length < 5000);
  assert.doesNotMatch(await page.locator("body").innerText(), /[\u202e\u2066]/);
  assert.equal(await page.locator("img").count(), 0);
  assert.match(await page.title(), /^hostile/);
  assert.deepEqual(faults.filter((fault) => !fault.startsWith("a request to file:")), []);
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [name, specs] of Object.entries(networks)) {
    on(`axe finds nothing wrong: ${name}, ${colorScheme}`, specs, { colorScheme }, async (page) => {
      assert.deepEqual(await violations(page), []);
    });
  }
}

for (const [name, specs] of Object.entries(networks)) {
  on(`360 pixels are wide enough: ${name}`, specs, { viewport: { width: 360, height: 740 } }, async (page) => {
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  });
}
