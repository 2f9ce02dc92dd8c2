// What the tests of the page share: cnncalc edit, which serves it, and a browser.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** program returns cnncalc as the environment names it, or builds it once. */
function program() {
  if (process.env.CNNCALC) return process.env.CNNCALC;
  const file = join(tmpdir(), `cnncalc-web-test-${process.pid}`);
  execFileSync("go", ["build", "-o", file, "./cmd/cnncalc"], { cwd: root });
  process.on("exit", () => rmSync(file, { force: true }));
  return (process.env.CNNCALC = file);
}

let browser = null;

/**
 * open serves a SPEC in a folder of its own, and opens it in a browser. Errors of the page and requests to anywhere else
 * are collected in faults.
 */
export async function open(spec, { theme = "light", width = 1280, height = 800, fragment = "" } = {}) {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const folder = mkdtempSync(join(tmpdir(), "cnncalc-page-"));
  const server = spawn(program(), ["edit", "--no-browser", spec], { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const address = await new Promise((resolve) => server.stdout.once("data", (data) => resolve(String(data).trim())));
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.stack));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(new URL(address).origin)) faults.push(`a request to ${request.url()}`);
  });
  await page.goto(address + fragment);
  await page.waitForSelector("#setting-mode option >> nth=1", { state: "attached" }); // the page knows the language
  return {
    page,
    folder,
    address,
    faults,
    async close() {
      await context.close();
      server.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

/** closeBrowser ends the browser, after the last test of a file. */
export async function closeBrowser() {
  await browser?.close();
  browser = null;
}

/** settled waits until the newest text of the page is studied, and found sound or not. */
export async function settled(page, isSound = true) {
  await page.waitForFunction((isSound) => {
    const main = document.querySelector("#main");
    return isSound ? main.dataset.studied === "sound" : main.dataset.studied === "broken";
  }, isSound);
}
