/** The package as others bundle it: webpack 5 and Vite, each built and run in Chromium under the strict policy. */

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";
import { password, rate, rates, root, somebody, stage } from "./stage.mjs";

/** The page of somebody who uses the package by its name. */
const SCRIPT = `import { Pryv } from "@pryv/sdk";
globalThis.Pryv = Pryv;
document.documentElement.dataset.ready = "yes";
`;
const html = (script) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bundled</title><script type="module" src="${script}"></script></html>\n`;

const installed = createRequire(resolve(root, "wasm-sdk/js/package.json"));
/** Where the packed package is installed. */
const modules = resolve(root, "wasm-sdk/tests/node_modules");
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/** Builds a page in an empty folder, serves it, and lives through the first five minutes of an account. */
async function works(build) {
  const folder = await mkdtemp(join(tmpdir(), "pryv-bundled-"));
  let server;
  try {
    await writeFile(join(folder, "main.js"), SCRIPT);
    await writeFile(join(folder, "index.html"), html("./main.js"));
    const built = join(folder, "built");
    await build(folder, built);
    const files = await readdir(built, { recursive: true });
    assert.equal(files.filter((name) => name.endsWith(".wasm")).length, 2, files.join(" "));
    server = await stage(built);
    const { context, page, said } = await open(browser, server.url);
    const read = await page.evaluate(async ([url, username, password, rates, one]) => {
      const client = await Pryv.connect(url);
      const { account } = await client.signUp(username, password);
      const collection = await account.define(rates);
      await collection.create(one);
      const { records } = await collection.query().all();
      return records.map(({ data }) => data.bpm);
    }, [server.url, somebody("ada"), password, rates, rate(62)]);
    assert.deepEqual(read, [62]);
    assert.deepEqual(said, []);
    await context.close();
  } finally {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

test("webpack 5, without any setting for it", () => works(async (folder, built) => {
  const webpack = installed("webpack");
  const stats = await new Promise((done, failed) => {
    webpack({
      mode: "production", context: folder, entry: "./main.js", output: { path: built, filename: "main.js" },
      resolve: { modules: [modules] }, performance: { hints: false },
    }, (error, stats) => (error ? failed(error) : done(stats)));
  });
  assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
  assert.deepEqual(stats.toJson({ warnings: true }).warnings, []);
  await writeFile(join(built, "index.html"), html("./main.js"));
}));

test("Vite, with nothing said but that workers are modules", () => works(async (folder, built) => {
  const { build } = await import(pathToFileURL(installed.resolve("vite")));
  await build({
    root: folder, base: "./", configFile: false, logLevel: "error", worker: { format: "es" },
    // Installed elsewhere than beside the page.
    resolve: { alias: { "@pryv/sdk": join(modules, "@pryv/sdk/dist/index.js") } },
    build: { outDir: built, assetsInlineLimit: 0 },
  });
}));
