// The picture of the page in the manual: it shows what the page shows now, and looks like it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { read, takePicture, textOf, withText } from "../picture.mjs";
import { startBrowser } from "./harness.mjs";

const browser = await startBrowser();
after(() => browser.close());

/**
 * How many fields of the mosaic there are across, and how different the pictures may be: fonts differ between machines.
 */
const across = 35;
const alike = { mean: 4, worst: 60 }; // of 255

test("docs/pictures/edit.png is the page as it is", async () => {
  const now = await takePicture(browser);
  const kept = read();
  assert.equal(now.text, textOf(kept), "run node web/picture.mjs, look at the picture, and commit it");
  const { mean, worst } = await difference(now.png, kept);
  assert.ok(mean < alike.mean && worst < alike.worst,
    `the pictures differ by ${mean} on average, at most ${worst}: run node web/picture.mjs`);
});

test("a picture keeps its text, and one that looks different is told", async () => {
  const kept = read();
  const page = await browser.newPage({ viewport: { width: 1400, height: 840 }, colorScheme: "dark" });
  await page.setContent("<body style='background:#0d1117'>");
  const dark = await page.screenshot();
  await page.close();
  assert.equal(textOf(dark), "");
  assert.equal(textOf(withText(dark, "é\n−")), "é\n−");
  assert.ok((await difference(dark, kept)).mean > alike.mean);
});

/** difference returns how much two pictures differ as mosaics, which the browser makes: from 0 to 255. */
async function difference(one, other) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async ({ pictures, across }) => {
      const mosaic = async (base64) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
        const down = Math.round((across * image.height) / image.width);
        const canvas = new OffscreenCanvas(across, down).getContext("2d");
        canvas.imageSmoothingQuality = "high";
        canvas.drawImage(image, 0, 0, across, down);
        return canvas.getImageData(0, 0, across, down).data;
      };
      const [a, b] = await Promise.all(pictures.map(mosaic));
      if (a.length !== b.length) return { mean: 255, worst: 255 };
      let sum = 0, worst = 0;
      a.forEach((value, i) => {
        sum += Math.abs(value - b[i]);
        worst = Math.max(worst, Math.abs(value - b[i]));
      });
      return { mean: sum / a.length, worst };
    }, { pictures: [one, other].map((png) => png.toString("base64")), across });
  } finally {
    await page.close();
  }
}
