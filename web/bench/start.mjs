// Measures the cold start of the static page, which make web builds: the milliseconds from opening its address in a
// browser that has just started to the first network studied.
//
//   node bench/start.mjs
import { serveStatic, startBrowser, studied } from "../test/harness.mjs";

const host = await serveStatic();
for (let i = 0; i < 5; i++) {
  const browser = await startBrowser();
  const page = await browser.newPage();
  const began = performance.now();
  await page.goto(host.address);
  await studied(page);
  console.log(Math.round(performance.now() - began));
  await browser.close();
}
host.close();
