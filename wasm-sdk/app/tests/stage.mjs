/** What the tests stand on: a server of their own that serves the application, and a browser. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(fileURLToPath(import.meta.url), "../../../..");
/** Built with the feature `app`. */
const program = process.env.PRYV_TEST_SERVER ?? join(root, "target/debug/pryv-server");

/** Starts a server with an empty folder; `PRYV_APP_SERVER` names one that runs already. */
export async function startServer() {
  const running = process.env.PRYV_APP_SERVER;
  if (running !== undefined) return { url: running, stop: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "pryv-app-"));
  const child = spawn(program, ["--listen", "127.0.0.1:0", "--data", join(folder, "data"), "--store-free-percent", "0"], { stdio: ["ignore", "pipe", "ignore"], env: {} });
  const url = await new Promise((found, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the server ended at once (${code}): ${program}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const address = /^listening on (http:\S+)/.exec(line)?.[1];
      if (address !== undefined) found(address);
    });
  });
  return {
    url,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts Chromium, which looks for nothing outside this machine. `camera`: a film (`.y4m`) that its camera sees. */
export function startBrowser({ camera } = {}) {
  return chromium.launch({
    executablePath: process.env.PRYV_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ...(camera === undefined ? [] : ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${camera}`]),
    ],
  });
}

/**
 * A server and a browser for the tests of one file: there before them, ended behind them. What else they need beforehand is
 * `prepare`: hooks of a file do not wait for each other.
 */
export function stand({ prepare = async () => {}, ...options } = {}) {
  const stage = { person: (more) => person(stage.browser, stage.server.url, more) };
  before(async () => {
    [stage.server, stage.browser] = await Promise.all([startServer(), startBrowser(options)]);
    await prepare();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.stop();
  });
  return stage;
}

/** A person with a browser of their own: nothing is shared with others. What the page complains about is kept in `complaints`. */
export async function person(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: "en-GB", timezoneId: "Europe/Zurich", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(Number(process.env.PRYV_PATIENCE ?? 120_000));
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refusal by the server, such as a wrong password, is told on the page; the browser logs it as well.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, context, complaints };
}

let counter = 0;

/** A username that nobody has. */
export function somebody(name) {
  counter += 1;
  return `${name}-${Date.now().toString(36)}${counter}`;
}
