// Writes the picture of the page in docs/pictures/edit.png: ResNet-50's graph with a layer chosen. Run it with
// `node picture.mjs` when test/picture.test.mjs finds that the page does not look like it any more.
//
// Fonts differ between machines, so that equal pages make different bytes. The file therefore has the text that the
// page showed, and the test compares that, and the pictures as a coarse mosaic.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { edit, open, root, startBrowser, studied } from "./test/harness.mjs";

export const path = join(root, "docs/pictures/edit.png");

/** takePicture returns the picture as the page looks now, and the text that it shows. */
export async function takePicture(browser) {
  const server = await edit({ spec: "torchvision/resnet50" });
  const { page, close } = await open(browser, server.address,
    { viewport: { width: 1400, height: 840 }, colorScheme: "light" });
  try {
    await studied(page);
    await page.locator("#panel-graph text[data-layer='widening1.conv2']").click();
    await page.waitForFunction(() => /layers/.test(document.getElementById("problem").textContent)); // the notice is gone
    await page.waitForSelector("#layer dd");
    const text = await page.evaluate(() => {
      const graph = document.querySelector("#panel-graph .view-drawing").shadowRoot.querySelectorAll("text");
      return [document.body.innerText, ...[...graph].map((one) => one.textContent)].join("\n");
    });
    return {
      png: await page.screenshot(),
      text: text.replace(/computed in \d+ ms/, "computed").replace(/[ \t\u00a0]*\n\s*/g, "\n"),
    };
  } finally {
    await close();
    await server.stop();
  }
}

const signatureLength = 8;
const keyword = "shown\0\0\0\0\0"; // not compressed, of no language

/** withText returns a PNG with a text, in a chunk at its end. */
export function withText(png, text) {
  const data = Buffer.concat([Buffer.from("iTXt" + keyword, "latin1"), Buffer.from(text, "utf8")]);
  const chunk = Buffer.alloc(data.length + 8);
  chunk.writeUInt32BE(data.length - 4);
  data.copy(chunk, 4);
  chunk.writeUInt32BE(crc(data), data.length + 4);
  const end = png.length - 12; // IEND
  return Buffer.concat([png.subarray(0, end), chunk, png.subarray(end)]);
}

/** textOf returns the text that withText has put into a PNG, "" where there is none. */
export function textOf(png) {
  for (let at = signatureLength; at < png.length; at += png.readUInt32BE(at) + 12) {
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (png.toString("latin1", at + 4, at + 8) !== "iTXt" || !data.toString("latin1").startsWith(keyword)) continue;
    return data.subarray(keyword.length).toString("utf8");
  }
  return "";
}

/** crc returns the check sum of a chunk, as PNG has it. */
function crc(data) {
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

export const read = () => readFileSync(path);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const browser = await startBrowser();
  const { png, text } = await takePicture(browser);
  writeFileSync(path, withText(png, text));
  await browser.close();
}
