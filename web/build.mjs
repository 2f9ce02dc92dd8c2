// Builds the assets of the page and of the report, which are committed, into internal/page/assets:
//
//   node build.mjs           after npm ci
//   node build.mjs --check   builds them elsewhere, and fails if the committed ones are different
//   node build.mjs --dist    also writes dist/, the page as static files, to which `make web` adds the WebAssembly
//
// Equal sources make equal bytes: versions are pinned, and nothing depends on the time, the folder or the machine.
import * as esbuild from "esbuild";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));
const assets = join(web, "..", "internal", "page", "assets");
const dist = join(web, "dist");

const options = {
  absWorkingDir: web,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

// bundle writes a script for each entry point and a style sheet for each that imports one. It returns the files that
// these are made of.
async function bundle(folder) {
  const result = await esbuild.build({
    ...options,
    entryPoints: { page: "src/page/main.js", report: "src/report/main.js" },
    outdir: folder,
  });
  const inputs = Object.keys(result.metafile.inputs);
  await writeFile(join(folder, "licenses.txt"), await licenses(inputs));
  await cp(join(web, "src/page/index.html"), join(folder, "index.html"));
  return inputs;
}

// licenses returns the licence of every package that one of the inputs is from.
async function licenses(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (name) packages.add(name[1]);
  }
  let text = "The page contains these packages of npm.\n";
  for (const name of [...packages].sort()) {
    const folder = join(web, "node_modules", name);
    const { version, license, author, main } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((f) => /^licen[cs]e/i.test(f));
    const terms = file
      ? (await readFile(join(folder, file), "utf8")).trim()
      : `${license}, by ${author}\n\n${noticeOf(await readFile(join(folder, main), "utf8"))}`;
    text += `\n${"=".repeat(80)}\n${name} ${version}\n\n${terms}\n`;
  }
  return text;
}

// noticeOf returns the comment about licences at the beginning of a script.
function noticeOf(script) {
  return /^\/\*!([^]*?)\*\//.exec(script)[1].replaceAll(/^ \* ?/gm, "").trim();
}

// differences names the files that are not the same in both folders.
async function differences(one, other) {
  const names = new Set([...(await readdir(one)), ...(await readdir(other))]);
  const read = (folder, name) => readFile(join(folder, name)).catch(() => Buffer.from("missing"));
  const different = [];
  for (const name of [...names].sort()) {
    if (!(await read(one, name)).equals(await read(other, name))) different.push(name);
  }
  return different;
}

// writeDist writes the page as static files, which call WebAssembly where the page of cnncalc edit calls its server.
// Inputs are the files that the page is made of.
async function writeDist(inputs) {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  for (const name of ["page.js", "page.css"]) await cp(join(assets, name), join(dist, name));
  await writeFile(join(dist, "index.html"), staticPage(await readFile(join(assets, "index.html"), "utf8")));
  const worker = await esbuild.build({ ...options, entryPoints: { worker: "src/adapter/worker.js" }, outdir: dist });
  await writeFile(join(dist, "licenses.txt"), await licenses([...inputs, ...Object.keys(worker.metafile.inputs)]));
}

// The policy that the server sends as a header, for a host that sends none.
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'";

function staticPage(page) {
  const marked = '<meta name="cnncalc-adapter" content="local">';
  if (!page.includes(marked)) throw new Error(`index.html does not contain ${marked}`);
  return page.replace(
    marked,
    `<meta name="cnncalc-adapter" content="wasm">\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
  );
}

async function check() {
  const folder = await mkdtemp(join(tmpdir(), "cnncalc-web-"));
  try {
    await bundle(folder);
    return await differences(folder, assets);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv.includes("--check")) {
  const different = await check();
  if (different.length > 0) {
    console.error(`internal/page/assets is not what web/ makes (${different.join(", ")}): run make assets, and commit`);
    process.exit(1);
  }
} else {
  await rm(assets, { recursive: true, force: true });
  await mkdir(assets, { recursive: true });
  const inputs = await bundle(assets);
  if (process.argv.includes("--dist")) await writeDist(inputs);
}
