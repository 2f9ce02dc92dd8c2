// Writes the picture of the page in docs/pictures/edit.png: ResNet-50's graph with a layer chosen. Run it with
// `node picture.mjs` when the page has changed what it looks like; fonts differ between machines, so that no check compares
// the bytes.
import { join } from "node:path";
import { edit, open, root, startBrowser, studied } from "./test/harness.mjs";

const browser = await startBrowser();
const server = await edit({ spec: "torchvision/resnet50" });
const { page } = await open(browser, server.address, { viewport: { width: 1400, height: 840 }, colorScheme: "light" });
await studied(page);
await page.locator("#panel-graph text[data-layer='widening1.conv2']").click();
await page.waitForFunction(() => /layers/.test(document.getElementById("problem").textContent)); // the notice is gone
await page.screenshot({ path: join(root, "docs/pictures/edit.png") });
await browser.close();
await server.stop();
