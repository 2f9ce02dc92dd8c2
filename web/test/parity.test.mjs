// WebAssembly computes what the program computes: the memory tables of all built-in networks, as the notes and as
// PyTorch account for it, are the same byte for byte.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fs from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { newFolder, program, root } from "./harness.mjs";

// The others depend on the processor, whose kernels pack weights in their own way.
const accounts = ["notes", "pytorch"];

/** compile returns the command as WebAssembly. */
async function compile() {
  const path = join(newFolder(), "cnncalc.wasm");
  const env = { ...process.env, GOOS: "js", GOARCH: "wasm" };
  execFileSync("go", ["build", "-o", path, "./cmd/cnncalc"], { cwd: root, env, stdio: "inherit" });
  const goroot = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).trim();
  globalThis.require = createRequire(import.meta.url);
  globalThis.fs = fs;
  globalThis.path = await import("node:path");
  globalThis.crypto ??= (await import("node:crypto")).webcrypto;
  (0, eval)(readFileSync(join(goroot, "lib/wasm/wasm_exec.js"), "utf8")); // defines Go
  return WebAssembly.compile(readFileSync(path));
}

/** run returns what the command writes to standard output. */
async function run(module, args) {
  const go = new globalThis.Go();
  go.argv = ["cnncalc", ...args];
  go.env = { HOME: "/" };
  go.exit = () => {};
  const written = [];
  const { write } = fs;
  fs.write = (fd, buffer, offset, length, position, callback) => {
    if (fd !== 1) return write(fd, buffer, offset, length, position, callback);
    written.push(Buffer.from(buffer.subarray(offset, offset + length)));
    callback(null, length, buffer);
  };
  try {
    await go.run(await WebAssembly.instantiate(module, go.importObject));
  } finally {
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer); // of the program, which has ended
    Object.assign(fs, { write });
  }
  return Buffer.concat(written).toString();
}

test("tables are the same through WebAssembly", { timeout: 600_000 }, async () => {
  const native = (args) => execFileSync(program(), args,
    { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  const module = await compile();
  const networks = JSON.parse(native(["list", "--format", "json"])).networks.map((n) => n.name);
  assert.ok(networks.length > 50);
  for (const name of networks) {
    for (const account of accounts) {
      const args = ["memory", name, "--all", "--account", account];
      assert.equal(await run(module, args), native(args), args.join(" "));
    }
  }
});
