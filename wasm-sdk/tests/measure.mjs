/** Measures the package in Chromium against a server on this machine: `cargo xtask bench --web`. Prints a table. */

import { folders, launch, open, ready } from "./browser.mjs";
import { password, rates, somebody, stage } from "./stage.mjs";

const COUNT = 2_000;
const server = await stage(...folders);
const browser = await launch();
const rows = [];
const row = (what, value, unit) => rows.push([what, `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`]);

try {
  const { page } = await open(browser, server.url);
  // Once, so that what the browser caches is cached; then as a page that is loaded again.
  await page.evaluate(([url]) => sdk.Pryv.connect(url), [server.url]);
  await ready(page, `${server.url}/index.html`);
  const [ada, bob] = [somebody("ada"), somebody("bob")];
  const { times, blocks, long } = await page.evaluate(async ([url, ada, bob, password, rates, count]) => {
    const times = {};
    const blocks = {};
    // What Chromium itself counts as one task of the page of 50 ms or more.
    const long = [];
    let phase = "";
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push([phase, duration])))
      .observe({ type: "longtask" });
    const measure = async (name, run) => {
      phase = name;
      sdk.longestBlock();
      const begun = performance.now();
      const result = await run();
      times[name] = performance.now() - begun;
      blocks[name] = sdk.longestBlock();
      return result;
    };
    // The page does nothing: what it loses now, others on this machine take.
    await measure("idle", () => new Promise((resolve) => setTimeout(resolve, 5_000)));
    const client = await measure("start", () => sdk.Pryv.connect(url));
    const { account } = await measure("signUp", () => client.signUp(ada, password));
    await measure("signIn", () => client.logIn(ada, password));
    const collection = await measure("define", () => account.define(rates));
    const note = "x".repeat(960);
    const records = Array.from({ length: count }, (_, bpm) => ({ at: "2026-11-22T09:00:00Z", bpm, note }));
    await collection.create(records[0]);
    await measure("create", () => collection.createMany(records));
    const { records: read } = await measure("read", () => collection.query().limit(500).all());
    if (read.length !== count + 1) throw new Error("records are missing");
    const other = await sdk.Pryv.connect(url);
    const { account: friend } = await other.signUp(bob, password);
    const to = await account.find(bob);
    await measure("grant", () => account.grant({ to, on: { collection, level: "read" } }));
    const [received] = await friend.received();
    await measure("open", () => received.collections());
    await measure("openAgain", () => received.collections());

    // What the browser's own cipher does with the same bytes, one call for each record.
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const plain = new Uint8Array(1_024);
    const iv = new Uint8Array(12);
    let sealed;
    await measure("webCryptoSeal", async () => {
      for (let at = 0; at < count; at += 1) sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain);
    });
    await measure("webCryptoOpen", async () => {
      for (let at = 0; at < count; at += 1) await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
    });
    return { times, blocks, long };
  }, [server.url, ada, bob, password, rates, COUNT]);
  const rate = (millis) => COUNT / millis * 1_000;
  row("from a loaded page to a client that answers", times.start, "ms");
  row("sign-up", times.signUp, "ms");
  row("sign-in (Argon2id at the recommended strength)", times.signIn, "ms");
  row("define a collection, validator loaded", times.define, "ms");
  row("create records of 1 KB: validate, seal, sign, send, durable", rate(times.create), "records/s");
  row("read records of 1 KB: fetch, verify, open, validate", rate(times.read), "records/s");
  row("WebCrypto alone, AES-256-GCM of 1 KB, sealing", rate(times.webCryptoSeal), "calls/s");
  row("WebCrypto alone, AES-256-GCM of 1 KB, opening", rate(times.webCryptoOpen), "calls/s");
  row("grant a collection", times.grant, "ms");
  row("first open of a grant", times.open, "ms");
  row("open it again", times.openAgain, "ms");
  // The two rows of WebCrypto are the page's own work, and not the SDK's.
  const ours = Object.entries(blocks).filter(([name]) => name !== "idle" && !name.startsWith("webCrypto"));
  row("longest pause of the page in all of this, the SDK's calls", Math.max(...ours.map(([, block]) => block)), "ms");
  row("longest pause of the page in 5 s of doing nothing: the machine's own", blocks.idle, "ms");
  row("tasks of the page of 50 ms and more, as Chromium counts them", long.length, "");
  console.log(JSON.stringify({ blocks, long }));
} finally {
  await browser.close();
  await server.stop();
}

for (const [what, value] of rows) console.log(`| ${what} | ${value} |`);
