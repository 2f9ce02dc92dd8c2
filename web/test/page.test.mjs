// The page of cnncalc edit in a browser.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  answerTo, edit, hostileModel, hostileText, model, open, root, startBrowser, studied, violations, write,
} from "./harness.mjs";

const sound = "name: small\ninput: 32x32x3\nlayers: INPUT -> CONV3-8 -> RELU -> POOL2 -> FC-10\n";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser.close());

/** withPage runs a test with a page of its own, and then requires that nothing went wrong on it. */
function withPage(name, options, run) {
  test(name, async () => {
    const server = await edit(options);
    const opened = await open(browser, server.address, options.browser);
    try {
      await studied(opened.page);
      await run(opened.page, server);
      assert.deepEqual(opened.faults, []);
    } finally {
      await opened.close();
      await server.stop();
    }
  });
}

withPage("the token leaves the address and survives a reload", { text: sound }, async (page) => {
  assert.ok(!page.url().includes("token"), page.url());
  await page.reload();
  await studied(page);
  assert.equal(await page.locator("#file-name").textContent(), "net.yaml");
});

withPage("typing changes the totals", { text: sound }, async (page) => {
  const totals = await page.locator("#totals").innerText();
  await write(page, sound.replace("CONV3-8", "CONV3-64"));
  await page.waitForFunction((old) => document.getElementById("totals").innerText !== old, totals);
});

withPage("a problem is at its line and column", { text: sound }, async (page) => {
  await write(page, sound.replace("POOL2", "POOLL2"));
  await page.waitForFunction(() => /^3:\d+ /.test(document.getElementById("problem").textContent));
  const place = (await page.locator("#problem").textContent()).split(" ")[0];
  const line = sound.split("\n")[2];
  assert.equal(place, `3:${line.indexOf("POOL2") + 1}`);
  await page.locator("#problem").click();
  assert.equal(await page.locator("#position").textContent(), place);
});

withPage("a file is saved, and a conflict is shown", { text: sound }, async (page, server) => {
  const changed = sound.replace("FC-10", "FC-11");
  await write(page, changed);
  await page.keyboard.press("ControlOrMeta+s");
  await page.waitForFunction(() => document.getElementById("file-state").textContent === "");
  assert.equal(readFileSync(server.file, "utf8"), changed);

  writeFileSync(server.file, "# by another program\n");
  await write(page, changed.replace("FC-11", "FC-12"));
  await page.keyboard.press("ControlOrMeta+s");
  await page.locator("#question[open]").waitFor();
  assert.match(await page.locator("#question").innerText(), /changed on disk/);
  assert.equal(readFileSync(server.file, "utf8"), "# by another program\n");
});

withPage("names of the user are text", { text: sound }, async (page) => {
  const name = `<img src=x onerror=document.title='run'>"'javascript:alert(1)`;
  await write(page, sound.replace("name: small", `name: ${JSON.stringify(name)}`));
  await studied(page);
  await page.waitForTimeout(300);
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assert.doesNotMatch(await page.title(), /^run$/);
});

withPage("an ONNX model opens", { text: sound }, async (page) => {
  await page.locator("#file-input").setInputFiles(join(root, "testdata/onnx/convnext-17.onnx"));
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "convnext-17.yaml");
  await studied(page);
});

/** drop drops a file on the editor, as the pointer would. */
async function drop(page, name, bytes) {
  const dataTransfer = await page.evaluateHandle(([name, bytes]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], name));
    return transfer;
  }, [name, [...bytes]]);
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.dispatchEvent("#editor .cm-content", event, { dataTransfer });
  }
}

withPage("an ONNX model that is dropped opens", { text: sound }, async (page) => {
  await drop(page, "small.onnx", readFileSync(join(root, "testdata/onnx/convnext-17.onnx")));
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "small.yaml");
  await studied(page);
  assert.equal(await page.locator("#drop").isVisible(), false);
});

withPage("the names of a model and of its file are text", { text: sound }, async (page) => {
  await drop(page, `${hostileText.replace("/", "")}.onnx`, hostileModel(hostileText));
  await page.waitForFunction(() => document.getElementById("file-name").textContent.startsWith("<script>"));
  await studied(page);
  for (const tab of ["graph", "table", "memory", "problems"]) {
    await page.locator(`#tab-${tab}`).click();
    assert.doesNotMatch(await page.locator("body").innerText(), /[\u202e\u2066]/, tab);
  }
  assert.match(await page.title(), /<script><img .*\\u202e\\u2066/);
  assert.equal(await page.locator("img[src=x]").count(), 0);
});

// The bytes of what is neither text nor a model are never in the editor.
withPage("a broken file is an error, and what is open stays", { text: sound }, async (page) => {
  const model = readFileSync(join(root, "testdata/onnx/convnext-17.onnx"));
  const binary = [0xa5, 0, 0xff, 0xfe];
  for (const [name, bytes, message] of [
    ["cut.onnx", model.subarray(0, 500), /^cut\.onnx: not a valid ONNX model, at byte \d+: /],
    ["empty.onnx", [], /^empty\.onnx: not an ONNX model: the file is empty$/],
    ["text.onnx", Buffer.from(sound), /^text\.onnx: not an ONNX model, but text/],
    ["random.onnx", binary, /^random\.onnx: neither an ONNX model nor text/],
    ["random.yaml", binary, /^random\.yaml: neither an ONNX model nor text/],
    ["utf16.yaml", Buffer.from("\ufeffinput: 8x8x1", "utf16le"), /^utf16\.yaml: neither an ONNX model nor text/],
    ["\u202e<img src=x onerror=document.title='run'>.bin", binary, /^\\u202e<img src=x .*: neither/],
  ]) {
    await drop(page, name, bytes);
    await page.waitForFunction((source) => new RegExp(source).test(document.getElementById("problem").textContent),
      message.source);
    assert.equal(await page.locator("#file-name").innerText(), "net.yaml");
    assert.match(await page.locator(".cm-content").innerText(), /^name: small/);
  }
  assert.equal(await page.locator("img[src=x]").count(), 0);
});

withPage("a model opens by its content, whatever its name is, and so does a text", { text: sound }, async (page) => {
  await drop(page, "model.bin", readFileSync(join(root, "testdata/onnx/convnext-17.onnx")));
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "model.yaml");
  await drop(page, "plain", Buffer.from("input: 8x8x1\nlayers: INPUT -> FC-3\n"));
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "plain");
  assert.match(await page.locator(".cm-content").innerText(), /FC-3/);
});

withPage("an ONNX model runs with its own weights, until the network is changed", { text: sound }, async (page) => {
  await page.locator("#file-input").setInputFiles(model());
  await page.waitForFunction(() => document.getElementById("file-name").textContent === "digits.yaml");
  assert.match(await answerTo(page), /^8/);
  await write(page, (await page.locator(".cm-content").innerText()).replace("input: 28x28x1", "input: 32x32x1"));
  await studied(page);
  await page.locator("#panels input[type=file]").setInputFiles(join(root, "testdata/digits/eight.png"));
  await page.getByText("The weights are random").waitFor();
});

withPage("a picture of a digit is recognised", { spec: "lenet5" }, async (page) => {
  const digit = readFileSync(join(root, "testdata/digits/eight.png"));
  await page.locator("#tab-run").click();
  await page.locator("#panels input[type=file]").setInputFiles({ name: "eight.png", mimeType: "image/png",
    buffer: digit });
  await page.locator(".ranking li").first().waitFor();
  assert.match(await page.locator(".ranking li").first().innerText(), /^8/);
});

withPage("a digit that is drawn with the pointer is recognised", { spec: "lenet5" }, async (page) => {
  await page.locator("#tab-run").click();
  const box = await page.locator("canvas.digit").boundingBox();
  const circle = Array.from({ length: 25 }, (_, i) => 2 * Math.PI * i / 24)
    .map((angle) => [0.5 + 0.2 * Math.sin(angle), 0.5 - 0.32 * Math.cos(angle)]);
  for (const [digit, points] of [["7", [[0.28, 0.2], [0.72, 0.2], [0.45, 0.85]]], ["0", circle]]) {
    await page.getByRole("button", { name: "Clear" }).click();
    const [first, ...rest] = points.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    await page.mouse.move(...first);
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...point, { steps: 3 });
    await page.mouse.up();
    await page.locator(".ranking li").filter({ hasText: new RegExp(`^${digit}`) }).first().waitFor();
    await page.waitForFunction((digit) => document.querySelector(".ranking li")?.textContent.startsWith(digit), digit);
  }
});

withPage("dark is for the screen: paper is light", { text: sound, browser: { colorScheme: "dark" } }, async (page) => {
  await studied(page);
  const colours = () => page.evaluate(() => [getComputedStyle(document.body).backgroundColor,
    getComputedStyle(document.querySelector("#panel-graph .view-drawing").shadowRoot.querySelector(".box")).fill]);
  const onScreen = await colours();
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const onPaper = await colours();
  assert.equal(onScreen[0], "rgb(13, 17, 23)");
  assert.equal(onPaper[0], "rgb(255, 255, 255)");
  assert.notEqual(onPaper[1], onScreen[1]);
});

for (const colorScheme of ["light", "dark"]) {
  withPage(`axe-core finds nothing in ${colorScheme}`, { text: sound, browser: { colorScheme } }, async (page) => {
    assert.deepEqual(await violations(page), []);
  });
}

withPage("360 pixels are wide enough", { text: sound, browser: { viewport: { width: 360, height: 740 } } },
  async (page) => {
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok((await width()) <= 360, `the editor is ${await width()} wide`);
  await page.locator("#show-results").click();
  assert.ok((await width()) <= 360, `the results are ${await width()} wide`);
});

test("the server ends with its page", async () => {
  const server = await edit({ text: sound });
  const opened = await open(browser, server.address);
  await studied(opened.page);
  await opened.page.close({ runBeforeUnload: false });
  await opened.close();
  const code = await Promise.race([server.ended,
    new Promise((resolve) => setTimeout(resolve, 30_000, "still running"))]);
  assert.equal(code, 0);
});
