/** Chromium, as Debian packages it, driven by playwright-core. */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { root } from "./stage.mjs";

const { chromium } = createRequire(resolve(root, "wasm-sdk/js/package.json"))("playwright-core");

export function launch() {
  return chromium.launch({
    executablePath: process.env.PRYV_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      // Root has no sandbox, and this browser sees pages of these tests alone.
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

/** The folders of the page and of the unpacked package: `/index.html`, `/sdk/dist/…`. */
export const folders = [resolve(root, "wasm-sdk/tests/page"), resolve(root, "wasm-sdk/tests/node_modules/@pryv")];

/** A page of a context of its own, with what its console said. */
export async function open(browser, url, path = "/index.html") {
  const context = await browser.newContext();
  // Machines that are shared are slow at times; what never comes is told apart all the same.
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const said = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error}`));
  await ready(page, url + path);
  return { context, page, said };
}

/** Loads a page, and waits until it is ready. */
export async function ready(page, url) {
  await page.goto(url);
  await page.waitForSelector("html[data-ready=yes]");
}
