/**
 * Hostile servers by the classes of the adversary (`tests/README.md`), each with its lies: the same code from wasm as from the
 * native SDK. Class 6, chunks of files, has none: there are no files yet.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Pryv, PryvError } from "@pryv/sdk";
import { password, rate, rates, somebody, stage } from "./stage.mjs";

let server, client, ada, collection, record;

/** Everything that an iteration gives. */
async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Somebody with a client of their own. */
async function newcomer(name) {
  const client = await Pryv.connect(server.url);
  return { client, account: (await client.signUp(somebody(name), password)).account };
}

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

for (const [of, name, kind] of [
  ["5", "ciphertext-moved", "distrust"], ["5", "tampered", "distrust"],
  ["7", "heads-back", "distrust"], ["8", "heads-aside", "distrust"],
  ["18", "plaintext", "distrust"], ["3", "unknown-suite", "distrust"],
  ["19", "garbage", "offline"], ["19", "flood", "distrust"], ["19", "no-heads", "distrust"],
  ["20", "written-earlier", "distrust"],
]) {
  test(`class ${of}, an answer with a record: ${name}`, async () => {
    const other = await collection.create(rate(63));
    await found(name, kind, () => collection.get(other.id), () => name === "ciphertext-moved" ? collection.get(record.id) : undefined);
    assert.equal((await collection.get(other.id)).data.bpm, 63);
  });
}

test("class 1: somebody else behind a name that is known", async () => {
  const [bob, mallory] = [await newcomer("bob"), await newcomer("mallory")];
  await ada.find(bob.account.username);
  await found("contact-swapped", "distrust", () => ada.find(bob.account.username), () => ada.find(mallory.account.username));
  assert.equal((await ada.find(bob.account.username)).id, bob.account.id);
  bob.client.close();
  mallory.client.close();
});

test("class 2: another card behind the own account", async () => {
  const mallory = await newcomer("mallory");
  for (const name of ["own-card-swapped", "other-account"]) {
    await found(name, "distrust", () => client.logIn(ada.username, password), () => mallory.client.logIn(mallory.account.username, password));
  }
  await client.logIn(ada.username, password);
  mallory.client.close();
});

test("class 3: stretching of the password out of bounds is refused before it is computed, and an unknown suite", async () => {
  for (const name of ["weak-stretching", "excessive-stretching", "wrap-of-unknown-suite"]) {
    await found(name, "distrust", () => client.logIn(ada.username, password));
  }
  await client.logIn(ada.username, password);
});

test("classes 4 and 16: an old wrap of the account, and a recovery that was tampered with", async () => {
  const { client, account } = await newcomer("eve");
  const other = "another four words here";
  await found("old-wrap", "distrust", () => client.logIn(account.username, other), async () => {
    const first = await client.logIn(account.username, password);
    await first.changePassword(password, other);
  });
  await client.logIn(account.username, other);
  const fresh = await Pryv.connect(server.url);
  const { account: frida, phrase } = await fresh.signUp(somebody("frida"), password);
  await found("recovery-tampered", "distrust", () => fresh.recover(frida.username, phrase, other));
  assert.equal((await fresh.recover(frida.username, phrase, other)).id, frida.id);
  client.close();
  fresh.close();
});

test("classes 5 and 14: a record in the place of another", async () => {
  const other = await collection.create(rate(63));
  await found("misplaced", "distrust", () => collection.get(other.id), () => collection.get(record.id));
});

test("class 7: a record as it was before", async () => {
  const first = await collection.create(rate(64));
  await found("rolled-back-record", "distrust", () => collection.get(first.id), async () => {
    await collection.get(first.id);
    await collection.update(first, rate(65));
  });
});

test("classes 7, 9 and 10: epochs rolled back, accesses raised, revocations hidden", async () => {
  const bob = await newcomer("bob");
  const to = await ada.find(bob.account.username);
  const access = await ada.grant({ to, on: { collection, level: "read" } });
  await found("raised-access", "distrust", () => bob.account.received());
  const receipt = await ada.revoke(access);
  await found("epochs-rolled-back", "distrust", () => ada.collection(rates.uri));
  await found("revocation-hidden", "distrust", () => ada.verifyReceipt(receipt));
  await ada.verifyReceipt(receipt);
  bob.client.close();
});

test("class 11: whoever only looks gives nobody a key", async () => {
  const [eve, bob] = [await newcomer("eve"), await newcomer("bob")];
  const owned = await eve.account.define(rates);
  await owned.create(rate(62));
  await eve.account.grant({ to: await eve.account.find(bob.account.username), on: { collection: owned, level: "read" } });
  const before = (await eve.account.head()).changes;
  await server.lie("reader-invented");
  const again = await eve.client.logIn(eve.account.username, password);
  for (const account of [eve.account, again]) {
    // Errors are welcome, and so is ignorance; a key is not.
    for (const look of [
      () => account.granted(), () => account.received(), () => account.collections(), () => account.sessions(),
      () => account.verifyChanges(), () => account.maintain(), () => account.define(rates),
      async () => all((await account.collection(rates.uri)).query()),
    ]) await look().catch((error) => assert.ok(error instanceof PryvError, String(error)));
  }
  assert.ok(await server.honest() > 0, "nobody lied");
  assert.equal((await eve.account.head()).changes, before, "nothing was sent that changes anything");
  eve.client.close();
  bob.client.close();
});

test("classes 12, 15 and 20: keys, epochs and definitions of another collection, altered ones, and ones in clear", async () => {
  const { client, account } = await newcomer("eve");
  const uri = `${rates.uri}/other`;
  for (const definition of [rates, { ...rates, uri }]) await (await account.define(definition)).create(rate(62));
  for (const [name, first] of [
    ["keys-of-another-collection", rates.uri], ["epoch-of-another-collection", rates.uri],
    ["definition-of-another-collection", rates.uri], ["definition-altered"], ["definition-in-clear"], ["epoch-dated-later"],
  ]) {
    const fresh = await client.logIn(account.username, password);
    await found(name, "distrust", () => fresh.collection(uri), async () => { if (first !== undefined) await fresh.collection(first); });
    assert.equal((await all((await fresh.collection(uri)).query())).length, 1, name);
  }
  client.close();
});

test("class 13: a token that the server put on somebody's deposit does not make it an answer", async () => {
  const [eve, bob] = [await newcomer("eve"), await newcomer("bob")];
  const owned = await eve.account.define(rates);
  await owned.create(rate(62, "watch-7"));
  await eve.account.grant({ to: await eve.account.find(bob.account.username), on: { collection: owned, level: "create-only" } });
  const [deposit] = await (await bob.account.received())[0].collections();
  await deposit.create(rate(99, "watch-9"));
  const code = await server.lie("tokens-injected");
  const page = await owned.query().eq("/device", "watch-7").fetch();
  assert.ok(await server.honest() > 0, "nobody lied");
  assert.deepEqual(page.records.map(({ data }) => data.bpm), [62]);
  assert.deepEqual(page.rejected.map(({ code }) => code), [code]);
  const honest = await owned.query().eq("/device", "watch-7").fetch();
  assert.deepEqual([honest.records.length, honest.rejected.length], [1, 0]);
  eve.client.close();
  bob.client.close();
});

test("class 14: a record twice in a page is rejected by name, and an iteration does not pass over it", async () => {
  const code = await server.lie("repeated-in-page");
  try {
    const page = await collection.query().fetch();
    assert.deepEqual(page.rejected.map(({ code }) => code), [code]);
    await assert.rejects(all(collection.query()), { code });
    const told = [];
    await all(collection.query().records({ onRejected: (one) => told.push(one.code) }));
    assert.deepEqual(told, [code]);
  } finally {
    await server.honest();
  }
});

test("class 17: records and epochs that are withheld while keys are replaced", async () => {
  const [eve, bob, carol] = [await newcomer("eve"), await newcomer("bob"), await newcomer("carol")];
  const owned = await eve.account.define(rates);
  for (const bpm of [61, 62, 63]) await owned.create(rate(bpm));
  const grant = async ({ account }) => eve.account.grant({ to: await eve.account.find(account.username), on: { collection: owned, level: "read" } });
  const [toBob, toCarol] = [await grant(bob), await grant(carol)];
  await server.lie("records-withheld");
  await eve.account.revoke(toBob);
  await eve.account.maintain();
  assert.deepEqual(await all(owned.query()), [], "they were withheld");
  assert.ok(await server.honest() > 0, "nobody lied");
  assert.equal((await all((await eve.account.collection(rates.uri)).query())).length, 3);
  const [shared] = await (await carol.account.received())[0].collections();
  assert.equal((await all(shared.query())).length, 3, "a rotation loses nobody's record");

  // On a gap, nobody could follow the next one.
  await found("epochs-rolled-back", "distrust", () => eve.account.revoke(toCarol));
  await eve.account.revoke(toCarol);
  const fresh = await eve.client.logIn(eve.account.username, password);
  await found("epoch-withheld", "distrust", () => fresh.collection(rates.uri));
  for (const { client } of [eve, bob, carol]) client.close();
});

test("class 20: a number that repeats, and a time that was rewritten, in the chain of changes", async () => {
  const eve = await newcomer("eve");
  const owned = await eve.account.define(rates);
  for (const bpm of [61, 62]) await owned.create(rate(bpm));
  for (const name of ["change-repeated", "change-dated-later"]) {
    // What was shown once is not forgotten: each time by a client that knows nothing yet.
    const fresh = await eve.client.logIn(eve.account.username, password);
    await found(name, "distrust", () => fresh.verifyChanges());
  }
  assert.ok(await eve.account.verifyChanges() > 2);
  eve.client.close();
});
