/** Hostile servers, each class with its lie: the same code from wasm as from the native SDK. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Pryv, PryvError } from "@pryv/sdk";
import { password, rate, rates, somebody, stage } from "./stage.mjs";

let server, client, ada, collection, record;

before(async () => {
  server = await stage();
  client = await Pryv.connect(server.url);
  ada = (await client.signUp(somebody("ada"), password)).account;
  collection = await ada.define(rates);
  record = await collection.create(rate(62));
});
after(async () => {
  client.close();
  await server.stop();
});

/** While the server lies, this fails with the code of the lie; afterwards it does not. */
async function found(name, kind, attempt, prepare = async () => {}) {
  const code = await server.lie(name);
  let lied;
  try {
    await prepare();
    const error = await attempt().then((answer) => assert.fail(`${name} was believed: ${JSON.stringify(answer)}`), (error) => error);
    assert.ok(error instanceof PryvError, `${name}: ${error}`);
    assert.equal(error.code, code, `${name}: ${error.message}`);
    assert.equal(error.kind, kind, name);
    if (kind === "distrust") assert.ok(error.next, name);
  } finally {
    lied = await server.honest();
  }
  assert.ok(lied > 0, `${name}: nobody lied`);
}

for (const [name, kind] of [
  ["garbage", "offline"], ["flood", "distrust"], ["no-heads", "distrust"], ["heads-back", "distrust"],
  ["heads-aside", "distrust"], ["tampered", "distrust"], ["plaintext", "distrust"], ["unknown-suite", "distrust"],
]) {
  test(`an answer: ${name}`, async () => {
    await found(name, kind, () => collection.get(record.id));
    assert.equal((await collection.get(record.id)).data.bpm, 62);
  });
}

test("a record in the place of another", async () => {
  const other = await collection.create(rate(63));
  await found("misplaced", "distrust", () => collection.get(other.id), () => collection.get(record.id));
});

test("a record as it was before", async () => {
  const first = await collection.create(rate(64));
  await found("rolled-back-record", "distrust", () => collection.get(first.id), async () => {
    await collection.get(first.id);
    await collection.update(first, rate(65));
  });
});

test("a record twice in a page is rejected by name, and an iteration does not pass over it", async () => {
  const code = await server.lie("repeated-in-page");
  try {
    const page = await collection.query().fetch();
    assert.deepEqual(page.rejected.map(({ code }) => code), [code]);
    await assert.rejects(async () => { for await (const _ of collection.query()); }, { code });
    const told = [];
    for await (const _ of collection.query().records({ onRejected: (one) => told.push(one.code) }));
    assert.deepEqual(told, [code]);
  } finally {
    await server.honest();
  }
});

test("epochs rolled back, accesses raised, revocations hidden", async () => {
  const elsewhere = await Pryv.connect(server.url);
  const { account: bob } = await elsewhere.signUp(somebody("bob"), password);
  const to = await ada.find(bob.username);
  const access = await ada.grant({ to, on: { collection, level: "read" } });
  await found("raised-access", "distrust", () => bob.received());
  const receipt = await ada.revoke(access);
  await found("epochs-rolled-back", "distrust", () => ada.collection(rates.uri));
  await found("revocation-hidden", "distrust", () => ada.verifyReceipt(receipt));
  await ada.verifyReceipt(receipt);
  elsewhere.close();
});

test("somebody else behind a name that is known", async () => {
  const elsewhere = await Pryv.connect(server.url);
  const { account: bob } = await elsewhere.signUp(somebody("bob"), password);
  const { account: mallory } = await elsewhere.signUp(somebody("mallory"), password);
  await ada.find(bob.username);
  await found("contact-swapped", "distrust", () => ada.find(bob.username), () => ada.find(mallory.username));
  assert.equal((await ada.find(bob.username)).id, bob.id);
  elsewhere.close();
});

test("stretching of the password out of bounds is refused before it is computed", async () => {
  await found("weak-stretching", "distrust", () => client.logIn(ada.username, password));
  await found("excessive-stretching", "distrust", () => client.logIn(ada.username, password));
});
