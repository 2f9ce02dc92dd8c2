// The static page, whose cnncalc is WebAssembly in a worker: make web builds it into dist/.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { answerTo, model, open, root, serveStatic, startBrowser, studied, write } from "./harness.mjs";

let browser, host;
before(async () => ([browser, host] = await Promise.all([startBrowser(), serveStatic()])));
after(() => (browser.close(), host.close()));

// What a host sends: texts compressed as by gzip -9, which every host and browser can, and what is compressed already.
async function sent(name) {
  const data = await readFile(join(root, "web/dist", name));
  return name.endsWith(".xz") ? data.length : gzipSync(data, { level: 9 }).length;
}

test("the page is fetched with less than 2 MB, and so is what runs a network", async () => {
  const { page, close } = await open(browser, "about:blank");
  const fetched = new Set();
  page.on("request", (request) => fetched.add(new URL(request.url()).pathname.slice(1) || "index.html"));
  await page.goto(host.address);
  await studied(page);
  await close();
  assert.ok(fetched.has("study.wasm.xz") && !fetched.has("run.wasm.xz"), [...fetched].join(", "));
  let total = 0;
  for (const name of fetched) total += await sent(name);
  assert.ok(total < 2_000_000, `the page is ${total} bytes`);
  assert.ok((await sent("run.wasm.xz")) < 2_000_000);
});

test("the static page computes, offline too", async () => {
  const { page, faults, close } = await open(browser, host.address);
  await studied(page);
  await page.context().setOffline(true);
  const totals = await page.locator("#totals").innerText();
  await write(page, "input: 32x32x3\nlayers: INPUT -> CONV3-64 -> FC-10\n");
  await page.waitForFunction((old) => document.getElementById("totals").innerText !== old, totals);
  await write(page, "input: 32x32x3\nlayers: INPUT -> CONF3-64 -> FC-10\n");
  await page.waitForFunction(() => document.getElementById("problem").textContent.startsWith("2:18 "));
  assert.deepEqual(faults, []);
  await close();
});

test("a digit is recognised in the browser", async () => {
  const { page, faults, close } = await open(browser, host.address);
  await studied(page);
  const digit = await readFile(join(root, "testdata/digits/eight.png"));
  await page.locator("#tab-run").click();
  await page.locator("#panels input[type=file]").setInputFiles({ name: "eight.png", mimeType: "image/png",
    buffer: digit });
  await page.locator(".ranking li").first().waitFor();
  assert.match(await page.locator(".ranking li").first().innerText(), /^8/);
  assert.deepEqual(faults, []);
  await close();
});

test("an ONNX model opens in the browser", async () => {
  const { page, faults, close } = await open(browser, host.address);
  await studied(page);
  await page.locator("#file-input").setInputFiles(join(root, "testdata/onnx/convnext-17.onnx"));
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "convnext-17.yaml");
  assert.deepEqual(faults, []);
  await close();
});

test("an ONNX model runs with its own weights in the browser", async () => {
  const { page, faults, close } = await open(browser, host.address);
  await studied(page);
  await page.locator("#file-input").setInputFiles(model());
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "digits.yaml");
  assert.match(await answerTo(page), /^8/);
  assert.deepEqual(faults, []);
  await close();
});

test("a shared link opens", async () => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  await page.goto(host.address);
  await studied(page);
  await write(page, "name: shared\ninput: 32x32x3\nlayers: INPUT -> FC-7\n");
  await page.locator("#link").click();
  await page.waitForFunction(() => document.getElementById("live").textContent.startsWith("Copied"));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await context.close();
  const opened = await open(browser, link);
  await opened.page.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("FC-7"));
  assert.deepEqual(opened.faults, []);
  await opened.close();
});
