/** Measures the package in Chromium against a server on this machine: `cargo xtask bench --web`. Prints a table. */

import { resolve } from "node:path";
import { folders, launch, open, ready } from "./browser.mjs";
import { password, rates, root, somebody, stage } from "./stage.mjs";

/** How many records of 1 KB, and of which length the content of the long ones is. */
const COUNT = 2_000;
const LONG = 256 * 1024;
// `/vectors/…`: the raw crate, compiled like the SDK.
const server = await stage(...folders, resolve(root, "target/wasm-sdk"));
const browser = await launch();
const rows = [];
const row = (what, value, unit) => rows.push([what, `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`]);

try {
  // A browser that has seen nothing: from the click on the address to a client that answers.
  const cold = await open(browser, server.url);
  const usable = await cold.page.evaluate(async ([url]) => {
    const client = await sdk.Pryv.connect(url);
    await client.checkPassword("ada", "four words are enough");
    return performance.now();
  }, [server.url]);
  await cold.context.close();
  const { page } = await open(browser, server.url);
  // Once, so that what the browser caches is cached; then as a page that is loaded again.
  await page.evaluate(([url]) => sdk.Pryv.connect(url), [server.url]);
  await ready(page, `${server.url}/index.html`);
  const [ada, bob] = [somebody("ada"), somebody("bob")];
  const { times, blocks, long } = await page.evaluate(async ([url, ada, bob, password, rates, count, length]) => {
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
    const large = await account.define({ ...rates, uri: `${rates.uri}/long` });
    await measure("createLong", async () => {
      for (let bpm = 0; bpm < 20; bpm += 1) await large.create({ at: "2026-11-22T09:00:00Z", bpm, note: "x".repeat(length) });
    });
    await measure("readLong", () => large.query().limit(10).all());
    const other = await sdk.Pryv.connect(url);
    const { account: friend } = await other.signUp(bob, password);
    const to = await account.find(bob);
    await measure("grant", () => account.grant({ to, on: { collection, level: "read" } }));
    const [received] = await friend.received();
    await measure("open", () => received.collections());
    await measure("openAgain", () => received.collections());

    // In this page, one after the other: the browser's own cipher, the raw crate, and whole records. The page waits for what it
    // computes itself here; the SDK is in its worker.
    const vectors = await import("/vectors/vectors.js");
    await vectors.default({ module_or_path: "/vectors/vectors_bg.wasm" });
    await measure("argonUsed", () => vectors.argon2id(65_536, 3, 4));
    await measure("argonFloor", () => vectors.argon2id(19_456, 2, 1));
    for (const [size, times] of [["", count], ["Long", 20]]) {
      const bytes = size === "" ? 1_024 : length;
      const plain = new Uint8Array(bytes);
      const iv = new Uint8Array(12);
      const algorithm = { name: "AES-GCM", iv };
      const raw = new Uint8Array(32);
      let sealed;
      // As records are: a key for each.
      const key = (at) => {
        new DataView(raw.buffer).setUint32(0, at);
        return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
      };
      await measure(`webCryptoSeal${size}`, async () => {
        for (let at = 0; at < times; at += 1) sealed = await crypto.subtle.encrypt(algorithm, await key(0), plain);
      });
      await measure(`webCryptoOpen${size}`, async () => {
        for (let at = 0; at < times; at += 1) await crypto.subtle.decrypt(algorithm, await key(0), sealed);
      });
      const cipher = new vectors.RawCipher(bytes);
      await measure(`rawSeal${size}`, () => cipher.seal(times));
      await measure(`rawOpen${size}`, () => cipher.open(times));
      const whole = new vectors.Records(bytes);
      await measure(`recordSeal${size}`, () => whole.seal(times));
      await measure(`recordOpen${size}`, () => whole.open(times));
    }
    return { times, blocks, long: long.filter(([name]) => !/^(argon|raw|record|webCrypto)/.test(name)) };
  }, [server.url, ada, bob, password, rates, COUNT, LONG]);
  const rate = (millis) => COUNT / millis * 1_000;
  const speed = (millis) => 20 * LONG / millis / 1_000;
  row("cold: from the address to a client that answers, nothing cached", usable, "ms");
  row("from a loaded page to a client that answers", times.start, "ms");
  row("sign-up", times.signUp, "ms");
  row("sign-in (Argon2id as every new account has it: 64 MiB, 3 passes, 4 lanes)", times.signIn, "ms");
  row("… with Argon2id at the floor: 19 MiB, 2 passes", times.signIn - times.argonUsed + times.argonFloor, "ms");
  row("… of which Argon2id, at the floor", times.argonFloor, "ms");
  row("define a collection, validator loaded", times.define, "ms");
  row("create records of 1 KB: validate, seal, sign, send, durable", rate(times.create), "records/s");
  row("read records of 1 KB: fetch, verify, open, validate", rate(times.read), "records/s");
  row("seal records of 1 KB, in the page: key, wrap, commitment, signature", rate(times.recordSeal), "records/s");
  row("open records of 1 KB, in the page: all of it checked", rate(times.recordOpen), "records/s");
  row("AES-256-GCM alone, 1 KB, a key for each: the raw crate seals", rate(times.rawSeal), "calls/s");
  row("… the raw crate opens", rate(times.rawOpen), "calls/s");
  row("… WebCrypto seals", rate(times.webCryptoSeal), "calls/s");
  row("… WebCrypto opens", rate(times.webCryptoOpen), "calls/s");
  row("create records of 256 KB, one by one (WebCrypto): durable", speed(times.createLong), "MB/s");
  row("read records of 256 KB (WebCrypto)", speed(times.readLong), "MB/s");
  row("AES-256-GCM alone, 256 KB: the raw crate seals", speed(times.rawSealLong), "MB/s");
  row("… WebCrypto seals", speed(times.webCryptoSealLong), "MB/s");
  row("grant a collection", times.grant, "ms");
  row("first open of a grant", times.open, "ms");
  row("open it again", times.openAgain, "ms");
  // What the page computes itself for comparison is not the SDK's.
  const ours = Object.entries(blocks).filter(([name]) => name !== "idle" && !/^(argon|raw|record|webCrypto)/.test(name));
  row("longest pause of the page in all of this, the SDK's calls", Math.max(...ours.map(([, block]) => block)), "ms");
  row("longest pause of the page in 5 s of doing nothing: the machine's own", blocks.idle, "ms");
  row("tasks of the page of 50 ms and more in the SDK's calls, as Chromium counts them", long.length, "");
  console.log(JSON.stringify({ blocks, long }));
} finally {
  await browser.close();
  await server.stop();
}

for (const [what, value] of rows) console.log(`| ${what} | ${value} |`);
