// What the tests of the page share: a browser, cnncalc edit, and a page that is watched.
//
// CNNCALC names the program, or it is built. CHROMIUM names the browser, or it is Debian's.
import { chromium } from "playwright-core";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");

let built;

/** program returns the path of cnncalc. */
export function program() {
  if (process.env.CNNCALC) return process.env.CNNCALC;
  if (!built) {
    built = join(newFolder(), "cnncalc");
    execFileSync("go", ["build", "-o", built, "./cmd/cnncalc"], { cwd: root, stdio: "inherit" });
  }
  return built;
}

export function newFolder() {
  return mkdtempSync(join(tmpdir(), "cnncalc-test-"));
}

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** edit starts cnncalc edit for a file of this text, or for a SPEC. */
export async function edit({ text, spec = "net.yaml" }) {
  const folder = newFolder();
  const file = join(folder, spec);
  if (text !== undefined) writeFileSync(file, text);
  const child = spawn(program(), ["edit", "--no-browser", spec], { cwd: folder });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  const lines = createInterface({ input: child.stdout });
  const address = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    ended.then((code) => reject(new Error(`cnncalc edit ended with ${code}`)));
  });
  const stop = () => (child.kill("SIGINT"), ended);
  return { address, file, folder, ended, stop };
}

/** open opens an address, and watches what must not happen: errors, and requests to elsewhere. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const faults = [];
  const home = new URL(address).origin;
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${home}/`) && !/^(data|blob):/.test(url)) faults.push(`a request to ${url}`);
  });
  await page.goto(address);
  return { page, faults, close: () => context.close() };
}

/** studied waits until the page shows what is in the editor. */
export async function studied(page) {
  await page.locator('#main[data-studied="sound"], #main[data-studied="broken"]').waitFor({ timeout: 20_000 });
}

/** write replaces the text of the editor, as by typing. */
export async function write(page, text) {
  await page.locator("#editor .cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

/** violations returns what axe-core finds. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

/** model returns the path of lenet5 as an ONNX model, with its weights. */
export function model() {
  const path = join(newFolder(), "digits.onnx");
  execFileSync(program(), ["convert", "lenet5", "-o", path]);
  return path;
}

/** hostileModel returns the bytes of an ONNX model of two ReLUs, in which everything that has a name has this one. */
export function hostileModel(text) {
  const varint = (n) => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
  const message = (...fields) => Buffer.concat(fields.map(([number, value]) => {
    if (typeof value === "number") return Buffer.from([...varint(number * 8), ...varint(value)]);
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
  }));
  const dims = [1, 4, 8, 8].map((size) => [1, message([1, size])]);
  const value = (name) => message([1, text + name], [2, message([1, message([1, 1], [2, message(...dims)])])]);
  const relu = (from, to) => message([1, text + from], [2, text + to], [3, text], [4, "Relu"]);
  const graph = message([1, relu("x", "a")], [1, relu("a", "y")], [2, text], [11, value("x")], [12, value("y")]);
  return message([1, 7], [2, text], [7, graph], [8, message([2, 13])], [14, message([1, text], [2, text])]);
}

/** Text that wants to be a script or to reorder what is around it. */
export const hostileText = `</script><img src=x onerror="document.title='owned'">'javascript:alert(1)\u202e\u2066`;

/** answerTo chooses a picture of an eight on the tab Run, and returns the first answer. */
export async function answerTo(page) {
  await page.locator("#tab-run").click();
  await page.locator("#panels input[type=file]").setInputFiles(join(root, "testdata/digits/eight.png"));
  await page.locator(".ranking li").first().waitFor();
  return page.locator(".ranking li").first().innerText();
}

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".xz": "application/x-xz",
  ".txt": "text/plain" };

/** serveStatic serves dist/, which make web builds, as a host of static files does. */
export async function serveStatic() {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://host").pathname.replace(/\/$/, "/index.html");
    try {
      const data = await readFile(join(root, "web/dist", name));
      response.writeHead(200, { "Content-Type": types[extname(name)] ?? "application/octet-stream" }).end(data);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
