// Measures how long the page of cnncalc edit takes from a key to all results:
//
//   node bench/keys.mjs [SPEC...]
//
// A line for each network and tab: the medians of several keys in milliseconds, until everything is drawn, and the time
// that nine of ten keys keep. It has the server's answer, and what the page computes: the processor time of its thread
// is the last figure. Each key changes the width of the input, and so most figures. Run it on a machine that does
// nothing else: what is left of the time is waiting for the next frame, of which there are 60 a second, and for a
// processor.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { edit, newFolder, open, startBrowser, studied } from "../test/harness.mjs";

const keys = 16; // even, so that each tab begins with the file as it is

/** thousand returns the path of a network with 1,000 layers. */
function thousand() {
  const path = join(newFolder(), "thousand.yaml");
  writeFileSync(path, "input: 64x64x16\nlayers: INPUT -> [CONV3-16 -> RELU]*499 -> FC-10\n");
  return path;
}

const quantile = (numbers, share) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length * share)];

/** processorTime returns how long the page's thread has computed, in milliseconds. */
async function processorTime(client) {
  const { metrics } = await client.send("Performance.getMetrics");
  return metrics.find((metric) => metric.name === "TaskDuration").value * 1000;
}

/** afterKey types a key, and returns how long it is until the results are drawn, and what took how much of it. */
async function afterKey(page, client, key) {
  const before = await processorTime(client);
  await page.evaluate(() => {
    const main = document.getElementById("main");
    performance.clearResourceTimings();
    globalThis.drawn = new Promise((resolve) => {
      const began = performance.now();
      const watch = new MutationObserver(() => {
        if (!main.dataset.studied) return;
        watch.disconnect();
        requestAnimationFrame(() => setTimeout(() => { // after the frame is painted
          const answer = performance.getEntriesByType("resource").findLast((entry) => entry.name.endsWith("/api/study"));
          resolve({ all: performance.now() - began, server: answer?.duration ?? NaN });
        }));
      });
      watch.observe(main, { attributeFilter: ["data-studied"] });
    });
  });
  await page.keyboard.press(key);
  const times = await page.evaluate(() => globalThis.drawn);
  return { ...times, page: (await processorTime(client)) - before };
}

const specs = process.argv.length > 2 ? process.argv.slice(2)
  : ["lenet5", "vgg16", "googlenet", "torchvision/densenet201", "torchvision/resnet152", thousand()];
const browser = await startBrowser();
for (const spec of specs) {
  const server = await edit({ spec });
  const { page, faults, close } = await open(browser, server.address, { viewport: { width: 1400, height: 900 } });
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  await studied(page);
  await page.locator(".cm-line", { hasText: /^input: / }).click();
  await page.keyboard.press("Home");
  for (let i = 0; i < "input: 22".length; i++) await page.keyboard.press("ArrowRight");
  for (const tab of await page.locator("[role=tab]").all()) {
    await tab.click();
    await page.locator(".cm-content").focus();
    const taken = [];
    for (let i = 0; i < keys; i++) taken.push(await afterKey(page, client, i % 2 === 0 ? "0" : "Backspace"));
    const times = (what, share) => Math.round(quantile(taken.map((t) => t[what]), share));
    console.log(`${spec} ${await tab.getAttribute("id")}: all ${times("all", 0.5)} (${times("all", 0.9)}), ` +
      `server ${times("server", 0.5)}, page ${times("page", 0.5)}`);
    if ((await page.locator("#main").getAttribute("data-studied")) !== "sound") {
    console.log("the network has a problem");
  }
  }
  if (faults.length > 0) console.log(faults);
  await close();
  await server.stop();
}
await browser.close();
