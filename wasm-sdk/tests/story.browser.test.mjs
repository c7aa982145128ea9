/** The package in Chromium, under a strict Content-Security-Policy: the story in two contexts, and what can go wrong. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { folders, launch, open, ready } from "./browser.mjs";
import { password, rate, rates, somebody, stage } from "./stage.mjs";

let server, browser;

before(async () => {
  server = await stage(...folders);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Signs somebody up in a page; `client` and `account` stay there. */
function signUp(page, username) {
  return page.evaluate(async ([url, username, password]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    const { account, phrase } = await client.signUp(username, password);
    globalThis.account = account;
    return { username, phrase, id: account.id, fingerprint: account.fingerprint };
  }, [server.url, username, password]);
}

/** Waits until something holds. */
async function until(holds) {
  const end = Date.now() + 60_000;
  while (!await holds()) {
    assert.ok(Date.now() < end, `never: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("Ada and Bob in two contexts: sign up, define, create, query, grant, read, revoke", async () => {
  const [atAda, atBob] = [await open(browser, server.url), await open(browser, server.url)];
  const ada = await signUp(atAda.page, somebody("ada"));
  const bob = await signUp(atBob.page, somebody("bob"));
  assert.equal(ada.phrase.split(" ").length, 24);

  const granted = await atAda.page.evaluate(async ([rates, one, bob]) => {
    globalThis.collection = await account.define(rates);
    await collection.create(one);
    const seen = await sdk.all(collection.query());
    const contact = await account.find(bob.username);
    globalThis.access = await account.grant({ to: contact, on: { collection, level: "read" }, name: "For Dr Bob" });
    return { seen: seen.map(({ data }) => data.bpm), compared: contact.fingerprint, until: access.validUntil, date: access.signedAt instanceof Date };
  }, [rates, rate(62), bob]);
  assert.deepEqual(granted, { seen: [62], compared: bob.fingerprint, until: undefined, date: true });

  const read = await atBob.page.evaluate(async () => {
    const [received] = await account.received();
    [globalThis.shared] = await received.collections();
    const records = await sdk.all(shared.query());
    return { name: received.access.name, owner: shared.owner, bpm: records.map(({ data }) => data.bpm) };
  });
  assert.deepEqual(read, { name: "For Dr Bob", owner: ada.id, bpm: [62] });

  const receipt = await atAda.page.evaluate(async () => (await account.revoke(access)).text);
  assert.match(receipt, /The server handed|the server handed/i);
  const refused = await atBob.page.evaluate(() => sdk.failure(sdk.all(shared.query())));
  assert.equal(refused.name, "PryvError");
  assert.equal(refused.code, "revoked");
  assert.equal(refused.kind, "locked");
  assert.match(refused.next, /ask the grantor/);

  assert.deepEqual([atAda.said, atBob.said], [[], []], "nothing breaks the policy, and nothing is said on the console");
  await Promise.all([atAda.context.close(), atBob.context.close()]);
});

test("a session survives a reload, and signing out wipes it", async () => {
  const { context, page } = await open(browser, server.url);
  const { username, id } = await signUp(page, somebody("ada"));
  const stored = await page.evaluate(async ([rates, one]) => {
    const stored = await account.store();
    const collection = await account.define(rates);
    await collection.create(one);
    return stored;
  }, [rates, rate(62)]);
  assert.deepEqual(stored, { stored: true });

  // Nothing of it can be read, and the key cannot be taken out.
  const readKept = () => page.evaluate(async ([place]) => {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open(`pryv-sessions:${place}`);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const read = (store) => new Promise((resolve, reject) => {
      const request = database.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const [keys, sessions] = [await read("keys"), await read("sessions")];
    database.close();
    const taken = await crypto.subtle.exportKey("raw", keys[0]).then(() => true, () => false);
    return {
      keys: keys.length, extractable: keys[0].extractable, taken,
      sessions: sessions.map(({ account, username, sealed }) => ({ account, username, text: new TextDecoder("latin1").decode(sealed) })),
    };
  }, [`pryv ${server.url}`]);
  const kept = await readKept();
  assert.deepEqual([kept.keys, kept.extractable, kept.taken], [1, false, false]);
  assert.equal(kept.sessions.length, 1);
  assert.equal(kept.sessions[0].account, id);
  assert.ok(!kept.sessions[0].text.includes("secret") && !kept.sessions[0].text.includes(id), "sealed");

  await ready(page, `${server.url}/index.html`);
  const resumed = await page.evaluate(async ([url, uri]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    const known = await client.storedAccounts();
    globalThis.account = await client.resume();
    globalThis.collection = await account.collection(uri);
    return { known, id: account.id, bpm: (await sdk.all(collection.query())).map(({ data }) => data.bpm) };
  }, [server.url, rates.uri]);
  assert.deepEqual(resumed, { known: [{ id, username }], id, bpm: [62] });

  // What was seen of the server is kept with it: an older state is found out after a reload as well.
  const before = kept.sessions[0].text;
  await page.evaluate(async ([two]) => {
    const [first] = await sdk.all(collection.query());
    await collection.update(first, two);
  }, [rate(63)]);
  await until(async () => (await readKept()).sessions[0].text !== before);
  await ready(page, `${server.url}/index.html`);
  await server.lie("heads-back");
  const found = await page.evaluate(async ([url, uri]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    globalThis.account = await client.resume();
    return sdk.failure(account.collection(uri));
  }, [server.url, rates.uri]);
  await server.honest();
  assert.equal(found.code, "rolled-back");
  assert.equal(found.kind, "distrust");

  const left = await page.evaluate(async ([url]) => {
    // What these learn is still being written when the person signs out.
    await Promise.all([account.collections(), account.sessions(), account.collections()]);
    await account.logOut();
    const after = await sdk.failure(account.sessions());
    const other = await sdk.Pryv.connect(url);
    return { after: after.code, resumed: await other.resume(), known: await other.storedAccounts() };
  }, [server.url]);
  assert.deepEqual(left, { after: "session-ended", resumed: undefined, known: [] });
  await context.close();
});

test("two pages of one browser keep one session, and neither makes the other forget", async () => {
  const { context, page } = await open(browser, server.url);
  const { id } = await signUp(page, somebody("ada"));
  await page.evaluate(() => account.store());
  const other = await context.newPage();
  await ready(other, `${server.url}/index.html`);
  assert.equal(await other.evaluate(async ([url]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    globalThis.account = await client.resume();
    return account.id;
  }, [server.url]), id);
  await Promise.all([page, other].map((page, at) => page.evaluate(async ([rates, at]) => {
    const collection = await account.define({ ...rates, uri: `${rates.uri}/${at}` });
    for (let bpm = 0; bpm < 5; bpm += 1) await collection.create({ at: "2026-11-22T09:00:00Z", bpm });
    await account.store();
  }, [rates, at])));
  await ready(page, `${server.url}/index.html`);
  assert.equal(await page.evaluate(async ([url]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    const account = await client.resume();
    let count = 0;
    for (const collection of await account.collections()) count += (await sdk.all(collection.query())).length;
    await account.logOut();
    return count;
  }, [server.url]), 10);
  // What was wiped on one page is not written again by the other.
  const after = await other.evaluate(async ([url]) => {
    for (let at = 0; at < 3; at += 1) await account.sessions().catch(() => {});
    const fresh = await sdk.Pryv.connect(url);
    return { resumed: await fresh.resume(), known: await fresh.storedAccounts() };
  }, [server.url]);
  assert.deepEqual(after, { resumed: undefined, known: [] });
  await context.close();
});

test("blocked storage is a warning, and the session lives as long as the page", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await context.route("**/worker-browser.js", async (route) => {
    const response = await route.fetch();
    const blocked = "Object.defineProperty(globalThis, 'indexedDB', { get() { throw new DOMException('denied', 'SecurityError'); } });";
    await route.fulfill({ response, body: `${await response.text()}\n${blocked}` });
  });
  await ready(page, `${server.url}/index.html`);
  await signUp(page, somebody("ada"));
  const said = await page.evaluate(async () => {
    const { stored, warning } = await account.store();
    return { stored, code: warning.code, next: warning.next, sessions: (await account.sessions()).length, resumed: await client.resume() };
  });
  assert.equal(said.stored, false);
  assert.equal(said.code, "storage-unavailable");
  assert.match(said.next, /private/);
  assert.deepEqual([said.sessions, said.resumed], [1, undefined]);
  await context.close();
});

test("contents of 16 KB and more go through WebCrypto, and are the same bytes without it", async () => {
  // One page's worker tells what WebCrypto does; the other's has none, and computes as native code does.
  const [telling, without] = [
    `const by = new BroadcastChannel("ciphers");
    for (const use of ["encrypt", "decrypt"]) {
      const own = SubtleCrypto.prototype[use];
      SubtleCrypto.prototype[use] = function (parameters, key, data) {
        by.postMessage(\`\${use} \${parameters.name} \${key.algorithm.length}\`);
        return own.call(this, parameters, key, data);
      };
    }`,
    "Object.defineProperty(crypto, 'subtle', { value: undefined });",
  ];
  const pages = [];
  for (const changed of [telling, without]) {
    const context = await browser.newContext();
    await context.route("**/worker-browser.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\n${changed}` });
    });
    const page = await context.newPage();
    await ready(page, `${server.url}/index.html`);
    pages.push(page);
  }
  const [at, other] = pages;
  const { username } = await signUp(at, somebody("ada"));
  const note = "long ".repeat(4_000);
  const used = await at.evaluate(async ([rates, note]) => {
    globalThis.used = [];
    new BroadcastChannel("ciphers").onmessage = ({ data }) => used.push(data);
    // What the worker told may come after what it answered.
    globalThis.told = async (count) => {
      for (let look = 0; used.length < count && look < 500; look += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      return [...used].sort();
    };
    globalThis.collection = await account.define(rates);
    const one = { at: "2026-11-22T09:00:00Z", bpm: 1, note };
    await collection.create(one);
    await collection.createMany([{ ...one, bpm: 2, note: "short" }, { ...one, bpm: 3 }]);
    const notes = (await collection.query().all()).records.map(({ data }) => data.note);
    return { used: await told(4), same: notes.filter((read) => read === note).length, all: notes.length };
  }, [rates, note]);
  const [sealed, opened] = ["encrypt AES-GCM 256", "decrypt AES-GCM 256"];
  assert.deepEqual(used, { used: [opened, opened, sealed, sealed], same: 2, all: 3 });

  const id = await other.evaluate(async ([url, username, password, uri, note]) => {
    globalThis.client = await sdk.Pryv.connect(url);
    globalThis.account = await client.logIn(username, password);
    const collection = await account.collection(uri);
    const notes = (await collection.query().all()).records.map(({ data }) => data.note);
    if (notes.filter((read) => read === note).length !== 2) throw new Error("what WebCrypto encrypted is not read");
    return (await collection.create({ at: "2026-11-22T09:00:00Z", bpm: 4, note })).id;
  }, [server.url, username, password, rates.uri, note]);
  const read = await at.evaluate(async ([id]) => {
    used.length = 0;
    const { data } = await collection.get(id);
    return { note: data.note, used: await told(1) };
  }, [id]);
  assert.deepEqual(read, { note, used: [opened] });
  await Promise.all(pages.map((page) => page.context().close()));
});

test("wrong password, offline, back online", async () => {
  const { context, page } = await open(browser, server.url);
  const { username } = await signUp(page, somebody("ada"));
  const wrong = await page.evaluate(([username]) => sdk.failure(client.logIn(username, "not the password")), [username]);
  assert.deepEqual([wrong.code, wrong.kind], ["wrong-credentials", "refused"]);
  await page.evaluate(async ([rates]) => { globalThis.collection = await account.define(rates); }, [rates]);
  await context.setOffline(true);
  const offline = await page.evaluate(([one]) => sdk.failure(collection.create(one)), [rate(62)]);
  assert.deepEqual([offline.code, offline.kind], ["offline", "offline"]);
  assert.match(offline.next, /network/);
  await context.setOffline(false);
  assert.equal(await page.evaluate(async ([one]) => (await collection.create(one)).version, [rate(62)]), 1);
  await context.close();
});

test("a page without WebAssembly is told what to allow", async () => {
  const { context, page } = await open(browser, server.url, "/no-wasm/index.html");
  // The scripts of the package come with the policy of the folder that they are loaded from.
  await context.route("**/sdk/dist/**", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'" };
    await route.fulfill({ response, headers });
  });
  await ready(page, `${server.url}/no-wasm/index.html`);
  const refused = await page.evaluate(([url]) => sdk.failure(sdk.Pryv.connect(url)), [server.url]);
  assert.equal(refused.code, "not-loaded");
  assert.match(refused.next, /wasm-unsafe-eval/);
  await context.close();
});

test("the page is never blocked for long, whatever the worker computes", async () => {
  const { context, page } = await open(browser, server.url);
  const bob = await open(browser, server.url);
  const { username } = await signUp(bob.page, somebody("bob"));
  await bob.context.close();
  // What the page's own thread computed in one go. The time that passes would count what others on this machine take.
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] });
  await signUp(page, somebody("ada"));
  const count = await page.evaluate(async ([rates, username]) => {
    const collection = await account.define(rates);
    const note = "x".repeat(800);
    await collection.createMany(Array.from({ length: 1_000 }, (_, bpm) => ({ at: "2026-11-22T09:00:00Z", bpm, note })));
    await account.grant({ to: await account.find(username), on: { collection, level: "read" } });
    return (await collection.query().all()).records.length;
  }, [rates, username]);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  assert.equal(count, 1_000);
  const threads = traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const mains = new Set(threads.map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ name, tdur, pid, tid }) => name === "RunTask" && tdur !== undefined && mains.has(`${pid} ${tid}`));
  assert.ok(tasks.length > 100, `${tasks.length} tasks were traced`);
  const longest = Math.max(...tasks.map(({ tdur }) => tdur)) / 1_000;
  assert.ok(longest < 50, `the page computed for ${longest} ms in one go`);
  await context.close();
});
