/** The story of the README, in Node, over the packed package. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Pryv, PryvError } from "@pryv/sdk";
import { password, rate, rates, somebody, stage } from "./stage.mjs";

let server;
const clients = [];

before(async () => { server = await stage(); });
after(async () => {
  clients.forEach((client) => client.close());
  await server.stop();
});

async function connect() {
  const client = await Pryv.connect(server.url);
  clients.push(client);
  return client;
}

async function signedUp(name) {
  const client = await connect();
  const { account, phrase, defaults } = await client.signUp(somebody(name), password);
  assert.ok(defaults, "streams and events were made");
  return { client, account, phrase };
}

async function refused(promise, code, kind) {
  const error = await promise.then(() => assert.fail(`${code} was expected`), (error) => error);
  assert.ok(error instanceof PryvError, String(error));
  assert.equal(error.code, code, `${error.code}: ${error.message}`);
  if (kind !== undefined) assert.equal(error.kind, kind);
  assert.ok(error.message.length > 10);
  return error;
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

test("sign up, define, create, query, grant, read at Bob's, revoke, receipt", async () => {
  const ada = await signedUp("ada");
  const bob = await signedUp("bob");
  assert.equal(ada.phrase.split(" ").length, 24);
  assert.equal(ada.account.fingerprint.replaceAll(" ", ""), ada.account.id);

  const collection = await ada.account.define(rates);
  const made = await collection.create(rate(62));
  assert.equal(made.version, 1);
  assert.deepEqual(made.data, rate(62));
  assert.ok(Math.abs(made.writtenAt - Date.now()) < 60_000);
  await collection.create(rate(71, "watch-8"));
  assert.deepEqual((await all(collection.query())).map(({ data }) => data.bpm), [62, 71]);
  assert.deepEqual((await all(collection.query().eq("/device", "watch-8"))).map(({ data }) => data.bpm), [71]);

  const contact = await ada.account.find(bob.account.username);
  assert.equal(contact.fingerprint, bob.account.fingerprint, "what Ada compares with Bob");
  const until = new Date(Date.now() + 86_400_000);
  const access = await ada.account.grant({
    to: contact, on: { collection, level: "read" }, name: "For Dr Bob", purpose: "check-up", until,
  });
  assert.equal(access.status, "active");
  assert.equal(access.validUntil.getTime(), until.getTime());
  assert.ok(access.statement instanceof Uint8Array && access.statement.length > 50);

  const [received] = await bob.account.received();
  assert.deepEqual([received.access.name, received.access.purpose], ["For Dr Bob", "check-up"]);
  const [shared] = await received.collections();
  assert.equal(shared.uri, collection.uri);
  assert.equal(shared.level, "read");
  assert.deepEqual((await all(shared.query())).map(({ data }) => data.bpm), [62, 71]);
  await refused(shared.create(rate(1)), "read-only", "locked");

  const [granted] = await ada.account.granted();
  assert.equal(granted.served.length, 1, "the server says that Bob was given keys");
  const receipt = await ada.account.revoke(access);
  assert.match(receipt.text, /has ended/);
  assert.equal(receipt.scopes[0].served.length, 1);
  await ada.account.verifyReceipt(receipt);
  const error = await refused(all(shared.query()), "revoked", "locked");
  assert.match(error.next, /ask the grantor/);
  await collection.create(rate(80));
  assert.equal((await all(collection.query())).length, 3);
});

test("whoever was granted an access leaves it, with a receipt; the owner sees who ended it", async () => {
  const [ada, bob, carol] = [await signedUp("ada"), await signedUp("bob"), await signedUp("carol")];
  const collection = await ada.account.define(rates);
  await collection.create(rate(62));
  const to = await ada.account.find(bob.account.username);
  const access = await ada.account.grant({ to, on: { collection, level: "manage" }, name: "For Dr Bob" });
  const [received] = await bob.account.received();
  const [shared] = await received.collections();
  const toCarol = await bob.account.find(carol.account.username);
  const onwards = await received.grant({ to: toCarol, on: { collection: shared, level: "read" }, name: "onwards" });
  const still = await refused(received.leave(), "still-grants", "input");
  assert.deepEqual(still.details.accesses.map(({ id }) => id), [onwards.id]);
  await received.revoke(onwards);

  const receipt = await received.leave();
  assert.deepEqual([receipt.access, receipt.account, receipt.name], [access.id, ada.account.id, "For Dr Bob"]);
  assert.ok(Math.abs(receipt.endedAt - Date.now()) < 60_000 && receipt.sequence > 0);
  assert.match(receipt.text, /You have ended the access "For Dr Bob"/);
  assert.equal(JSON.parse(receipt.json).access, access.id);
  await refused(received.leave(), "already-revoked");
  await refused(all(shared.query()), "revoked", "locked");
  const [left] = (await ada.account.granted()).filter(({ id }) => id === access.id);
  assert.deepEqual([left.status, left.revokedBy], ["revoked", bob.account.id]);
  assert.equal((await ada.account.maintain()).begun.length, 1, "new keys, by the owner's program");

  const another = await ada.account.grant({ to, on: { collection, level: "read" } });
  await ada.account.revoke(another);
  const [ended] = (await bob.account.received()).filter(({ access: { id } }) => id === another.id);
  assert.equal(ended.access.revokedBy, ada.account.id);
});

test("log in, wrong password, recover", async () => {
  const { client, account, phrase } = await signedUp("ada");
  await (await account.define(rates)).create(rate(62));
  await refused(client.logIn(account.username, "not the password"), "wrong-credentials", "refused");
  await refused(client.logIn("nobody-at-all", password), "wrong-credentials");
  await refused(client.signUp(account.username, password), "username-taken");
  await refused(client.signUp(somebody("ada"), "short"), "weak-password");
  await refused(client.checkPassword("ada", "aaaaaaaaaa"), "weak-password");
  await client.checkPassword("ada", password);
  const again = await client.logIn(account.username, password);
  assert.equal(again.id, account.id);

  await client.checkPhrase(phrase);
  await refused(client.checkPhrase(phrase.replace(/ \w+$/, " zzz")), "invalid-phrase");
  const recovered = await client.recover(account.username, phrase, "another four words here");
  const collection = (await recovered.collections()).find(({ definition }) => definition.uri === rates.uri);
  assert.deepEqual((await all(collection.query())).map(({ data }) => data.bpm), [62]);
  await refused(client.logIn(account.username, password), "wrong-credentials");
  await refused(recovered.changePassword("not the password", password), "wrong-credentials");
  await recovered.changePassword("another four words here", password);
  await client.logIn(account.username, password);
});

test("records: faults, conflicts, history, deletion, many at once", async () => {
  const { account } = await signedUp("ada");
  const collection = await account.define({ ...rates, history: "versions" });
  const faults = (await refused(collection.create({ at: "noon", bpm: "fast" }), "invalid-record", "input")).details.faults;
  assert.deepEqual(faults.map(({ pointer, rule }) => [pointer, rule]).sort(), [["/at", "format"], ["/bpm", "type"]]);
  assert.deepEqual(await collection.check(rate(1)), []);
  assert.equal((await collection.check({ bpm: 1 })).length, 1);

  const first = await collection.create(rate(62));
  const second = await collection.update(first, rate(63));
  assert.equal(second.version, 2);
  const conflict = await refused(collection.update(first, rate(64)), "version-conflict");
  assert.equal(conflict.details.theirs.data.bpm, 63);
  const { versions, complete } = await collection.history(first.id);
  assert.ok(complete);
  assert.deepEqual(versions.map(({ record }) => record.data.bpm), [63, 62]);
  await collection.delete(second);
  await refused(collection.get(first.id), "deleted");

  let told = [];
  const many = Array.from({ length: 1_050 }, (_, at) => rate(at % 200, `watch-${at % 7}`));
  const ids = await collection.createMany(many, { onProgress: (done, total) => told.push([done, total]) });
  assert.equal(new Set(ids).size, 1_050);
  assert.deepEqual(told.at(-1), [1_050, 1_050]);
  const page = await collection.query().limit(300).all();
  assert.equal(page.records.length, 1_050);
  assert.equal(page.rejected.length, 0);
  const found = await collection.query().eq("/device", "watch-3").all();
  assert.equal(found.records.length, 150);
  await refused(collection.query().eq("/bpm", 7).fetch(), "not-indexed", "input");
  assert.equal((await collection.query().eq("/bpm", 7).scan(2_000).all()).records.length, 6);
  const explanation = await collection.query().eq("/device", "x").explain();
  assert.match(explanation.text, /The server learns/);

  const stopped = await refused(collection.createMany([rate(1), rate(2), { bpm: "no" }]), "invalid-record");
  assert.deepEqual([stopped.details.created, stopped.details.at], [[], 2]);
});

test("queries: conditions, order, counts, batches, upserts, and indexes that come later", async () => {
  const { client, account } = await signedUp("ada");
  const definition = {
    uri: "https://example.org/visit",
    title: "Visits",
    types: {
      visit: {
        type: "object",
        required: ["at", "code"],
        properties: {
          mrn: { type: "string" }, at: { type: "string", format: "date-time" }, code: { type: "string" }, site: { type: "string" },
          bpm: { type: "number" }, note: { type: "string" }, family: { type: "string" },
        },
      },
    },
    indexes: [
      { field: "/mrn", kind: "unique" },
      { field: "/code", kind: "equality", accept_leakage: true },
      { field: "/at", kind: "range", resolution: "1d" },
      { field: "/bpm", kind: "range", from: 0, to: 300, resolution: 5 },
      { field: "/note", kind: "text" },
    ],
  };
  const shows = await client.leakage(definition);
  assert.equal(shows.length, definition.indexes.length);
  assert.ok(shows.every(({ index, thief, operator, reader }) => [index, thief, operator, reader].every((words) => words.length > 10)));
  const visits = await account.define(definition);
  assert.deepEqual(await visits.leakage(), shows);

  const visit = (n) => ({
    mrn: `m-${n}`, at: `2026-03-${String(n + 1).padStart(2, "0")}T09:00:00Z`, code: n % 2 === 0 ? "even" : "odd", site: n < 10 ? "north" : "south",
    bpm: 60 + n, note: n % 5 === 0 ? "Chest pain since Monday" : "Feels well", family: n < 12 ? "M\u00fcller" : "Rossi",
  });
  await visits.createMany(Array.from({ length: 20 }, (_, n) => visit(n)));
  const found = async (query) => (await query.all()).records.map(({ data }) => data.bpm - 60);
  const sorted = async (query) => (await found(query)).sort((a, b) => a - b);
  const even = { field: "/code", is: "even" };
  const pain = { field: "/note", matches: "pain CHEST" };
  assert.deepEqual(await sorted(visits.query().filter(even).filter(pain)), [0, 10]);
  assert.deepEqual(await sorted(visits.query().filter({ and: [{ not: even }, pain] })), [5, 15]);
  assert.deepEqual(await sorted(visits.query().filter({ or: [{ field: "/bpm", above: 77 }, { field: "/bpm", atMost: 61 }] })), [0, 1, 18, 19]);
  const march = { field: "/at", atLeast: "2026-03-03", below: "2026-03-05T10:00:00Z" };
  assert.deepEqual(await sorted(visits.query().filter(march)), [2, 3, 4]);
  assert.deepEqual(await sorted(visits.query().filter({ field: "/code", in: ["odd", "none"] }).filter({ field: "/bpm", between: [63, 65] })), [3, 5]);

  const latest = visits.query().filter(even).descending("/at").limit(4);
  const page = await latest.fetch();
  assert.deepEqual(page.records.map(({ data }) => data.bpm - 60), [18, 16, 14, 12]);
  const second = await latest.page(page.next).fetch();
  assert.deepEqual(second.records.map(({ data }) => data.bpm - 60), [10, 8, 6, 4]);
  await refused(visits.query().page(page.next).fetch(), "other-order", "input");
  assert.deepEqual((await all(visits.query().ascending("/bpm").filter(pain).limit(3))).map(({ data }) => data.bpm), [60, 65, 70, 75]);
  assert.equal(await visits.query().filter(even).count(), 10);
  assert.equal(await visits.query().filter({ field: "/bpm", above: 71 }).count(), 8);
  const first = await visits.query().descending("/at").first();
  assert.deepEqual([first.data.mrn, first.version, first.writtenAt instanceof Date], ["m-19", 1, true]);
  assert.equal(await visits.query().eq("/mrn", "nobody").first(), undefined);
  const { records: [selected] } = await visits.query().eq("/mrn", "m-3").select(["/bpm", "/code"]).fetch();
  assert.deepEqual(selected.data, { bpm: 63, code: "odd" });

  assert.equal(await visits.query().ofType(Object.keys(definition.types)[0]).count(), 20);
  await refused(visits.query().ofType("nothing").fetch(), "unknown-type", "input");
  const lasting = { interval: ["/at", "/lasts"] };
  await refused(visits.query().filter({ ...lasting, running: true }).fetch(), "not-indexed", "input");
  const met = visits.query().filter({ ...lasting, overlaps: ["2026-03-04", null] }).filter({ not: { ...lasting, running: true } }).scan(100);
  assert.equal((await met.all()).records.length, 17);

  const explanation = await visits.query().filter(even).descending("/at").explain();
  assert.equal(explanation.orderedBy, "/at");
  assert.ok(explanation.exact && explanation.matched.some(({ index, tokens }) => index.includes("/code") && tokens === 1));
  assert.equal((await visits.query().filter(march).explain()).exact, false);
  const unclear = await refused(visits.query().filter({ field: "/code", is: "a", in: ["b"] }).fetch(), "invalid-condition", "input");
  assert.match(unclear.cause.message, /`in` does not go/);
  await refused(visits.query().filter({ field: "/note", matches: "..." }).fetch(), "invalid-condition", "input");
  await refused(visits.query().filter({ field: "/bpm", above: "2026-01-01" }).fetch(), "other-type", "input");

  const created = await visits.upsert("/mrn", { ...visit(2), mrn: "m-new" });
  assert.deepEqual([created.created, created.record.version], [true, 1]);
  const again = await visits.upsert("/mrn", { ...visit(3), mrn: "m-new" });
  assert.deepEqual([again.created, again.record.version, again.record.id], [false, 2, created.record.id]);
  await refused(visits.upsert("/code", visit(1)), "not-unique-field", "input");
  await refused(visits.upsert("/mrn", { at: "2026-03-01T00:00:00Z", code: "x" }), "no-value", "input");

  const away = await visits.trash(await visits.query().eq("/mrn", "m-new").select(["/bpm"]).first());
  assert.deepEqual([away.trashed, away.version, away.data.mrn], [true, 3, "m-new"]);
  assert.equal(await visits.query().eq("/mrn", "m-new").first(), undefined);
  assert.equal((await visits.query().state("trashed").all()).records[0].id, away.id);
  assert.equal(await visits.query().state("all").count(), 21);
  await refused(visits.query().state("gone").fetch(), "invalid-argument", "input");
  assert.equal((await visits.update(away, away.data)).trashed, true, "as it was");
  assert.equal((await visits.restore(await visits.get(away.id))).trashed, false);
  const passing = await visits.create({ ...visit(4), mrn: "m-passing" });
  await visits.delete(passing);
  const { deleted: [gone], next } = await visits.deleted();
  assert.deepEqual([gone.id, gone.version, gone.by, gone.at instanceof Date, next], [passing.id, 2, account.id, true, undefined]);

  const [one, other] = await account.batch([visits.query().eq("/mrn", "m-7"), visits.query().eq("/site", "north")]);
  assert.deepEqual(one.page.records.map(({ data }) => data.bpm), [67]);
  assert.ok(other.error instanceof PryvError && other.page === undefined);
  assert.equal(other.error.code, "not-indexed");

  const more = { ...definition, indexes: [...definition.indexes, { fields: ["/site", "/code"], kind: "equality", accept_leakage: true }, { field: "/family", kind: "prefix", max: 4, accept_leakage: true }, { field: "/mrn", kind: "exists" }] };
  const now = await visits.redefine(more);
  assert.equal(now.definition.indexes.length, 8);
  assert.equal(await now.unindexedCount(), 21);
  const southern = now.query().filter({ and: [{ field: "/site", is: "south" }, { field: "/code", is: "odd" }] });
  assert.deepEqual(await sorted(southern), [11, 13, 15, 17, 19], "found before it is indexed");
  const told = [];
  assert.deepEqual(await now.reindex({ onProgress: (done) => told.push(done) }), { indexed: 21, unusable: [], notUnique: [] });
  assert.equal(told.at(-1), 21);
  assert.equal(await now.unindexedCount(), 0);
  assert.deepEqual(await sorted(southern), [11, 13, 15, 17, 19]);
  assert.equal(await now.query().filter({ field: "/family", startsWith: "m\u00dcL" }).count(), 13);
  assert.equal(await now.query().filter({ not: { field: "/mrn", exists: true } }).count(), 0);
});

test("relations: references that are checked, deletions, neighbours, a report, a description", async () => {
  const { account } = await signedUp("ines");
  const patients = "https://example.org/patients";
  const visits = {
    uri: "https://example.org/visits", title: "Visits",
    types: { visit: { type: "object", properties: { patient: { type: "string" }, note: { type: "string" } } } },
    indexes: [{ field: "/patient", kind: "equality" }],
    relations: [{ field: "/patient", to: [patients], cardinality: "one", on_delete: "restrict" }],
  };
  await refused(account.define(visits), "unknown-target");
  const people = await account.define({ uri: patients, title: "Patients", types: { patient: { type: "object" } } });
  const meetings = await account.define(visits);
  const person = await people.create({ name: "Ines" });
  const to = people.instanceUri(person.id);
  const visit = await meetings.create({ patient: to, note: "first" });
  const missing = await refused(meetings.create({ patient: people.instanceUri(await people.newId()) }), "missing-target");
  assert.equal(missing.details.field, "/patient");
  await refused(meetings.create({ patient: "Ines" }), "not-an-instance");
  const kept = await refused(people.delete(person), "referred-to");
  assert.deepEqual(kept.details.by, [meetings.instanceUri(visit.id)]);

  const around = await people.related(person, { direction: "incoming", fields: ["/patient"], depth: 2 });
  assert.deepEqual(around.records.map(({ depth, record }) => [depth, record.data.note]), [[1, "first"]]);
  assert.deepEqual(around.references, [{ from: meetings.instanceUri(visit.id), field: "/patient", to }]);
  assert.ok(around.records[0].record.writtenAt instanceof Date && !around.isCut);
  assert.equal((await meetings.related(visit, { direction: "outgoing" })).records[0].uri, to);

  const loose = await meetings.redefine({ ...visits, relations: [{ ...visits.relations[0], on_delete: "warn" }] });
  assert.deepEqual((await people.delete(person)).dangling, [meetings.instanceUri(visit.id)]);
  const report = await account.checkReferences();
  assert.deepEqual([report.records, report.references], [1, 1]);
  assert.deepEqual(report.faults.map(({ record, code, target }) => [record, code, target]), [[meetings.instanceUri(visit.id), "missing-target", to]]);
  assert.deepEqual((await loose.related(visit)).missing, [{ from: meetings.instanceUri(visit.id), field: "/patient", to }]);

  const described = await account.describe();
  const one = described.collections.find(({ collection }) => collection.scope === meetings.scope);
  assert.deepEqual([one.records, one.exact, one.leakage.length], [1, true, 1]);
  assert.deepEqual(one.collection.definition.relations, [{ ...visits.relations[0], on_delete: "warn" }]);
  assert.ok(described.ontologies.length > 0);
  assert.deepEqual(await account.reindex(), [], "nothing is left to do");
  await meetings.rotate();
  assert.deepEqual((await account.reindex()).map(({ scope, done }) => [scope, done.indexed]), [[meetings.scope, 1]]);
});

test("numbers survive to the last bit", async () => {
  const { account } = await signedUp("ada");
  const collection = await account.define(rates);
  for (const bpm of [0.1, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 123456789.12345679, 2 ** 53 - 1]) {
    const { id } = await collection.create(rate(bpm));
    assert.equal((await collection.get(id)).data.bpm, bpm);
  }
});

test("what the server stores holds nothing of the content", async () => {
  const { account } = await signedUp("ada");
  const collection = await account.define(rates);
  const { id } = await collection.create({ ...rate(62), note: "a secret that nobody reads" });
  const stored = await collection.stored(id);
  assert.equal(stored.clear.record, id);
  assert.equal(stored.tokens.length, 1);
  assert.equal(stored.recipients.length, 1);
  // 79 bytes of CBOR, padded to 80, and the tag.
  assert.equal(stored.ciphertext.length, 96);
  assert.ok(stored.envelope.length > stored.ciphertext.length);
  assert.ok(!Buffer.from(stored.envelope).includes("secret") && !Buffer.from(stored.envelope).includes("bpm"));
});

test("terms: define, file, query within, grant a term", async () => {
  const ada = await signedUp("ada");
  const bob = await signedUp("bob");
  const ontology = await ada.account.defineOntology({
    uri: "https://example.org/topics", title: "Topics", types: { topic: { type: "object" } },
  });
  const health = await ontology.create("Health");
  const heart = await ontology.create({ label: "Heart", codes: [{ system: "http://loinc.org", code: "8867-4", display: "Heart rate" }] }, health);
  const work = await ontology.create("Work");
  const collection = await ada.account.define({ ...rates, ontologies: [ontology.uri] });
  await collection.create(rate(62), { terms: [heart] });
  const other = await collection.create(rate(90), { terms: [work] });
  const within = await all(collection.query().within(health));
  assert.deepEqual(within.map(({ data }) => data.bpm), [62]);
  const terms = await ontology.terms();
  assert.deepEqual(terms.path(heart.id), ["Health", "Heart"]);
  assert.equal(terms.find("Health", "Heart").id, heart.id);
  assert.deepEqual(terms.of(within[0].terms).map(({ label }) => label), ["Heart"]);
  assert.equal(terms.get(heart.id).codes[0].code, "8867-4");

  const to = await ada.account.find(bob.account.username);
  await ada.account.grant({ to, on: { term: health, level: "read" }, name: "Health" });
  const [received] = await bob.account.received();
  assert.equal(received.terms[0].term, health.id);
  const [shared] = await received.collections();
  assert.deepEqual((await all(shared.query())).map(({ data }) => data.bpm), [62]);
  await collection.file(other, [heart]);
  assert.equal((await all(shared.query())).length, 2);
  const renamed = await ontology.rename(heart, "Heart rate");
  assert.equal(renamed.label, "Heart rate");
  await refused(ontology.rename(heart, "late"), "version-conflict");
});

test("links, managers, properties, audit, heads, sessions, resolve", async () => {
  const ada = await signedUp("ada");
  const bob = await signedUp("bob");
  const carol = await signedUp("carol");
  const collection = await ada.account.define(rates);
  await collection.create(rate(62));

  const link = await ada.account.createLink({ on: { collection, level: "read" }, uses: 5, password: "a password of a link" });
  assert.ok(link.url.startsWith(`${server.url}/#`) && link.uri.startsWith("pryv://"));
  const somewhere = await connect();
  assert.equal((await somewhere.parseLink(link.url)).needsPassword, true);
  await refused(somewhere.openLink(link.url), "password-needed");
  await refused(somewhere.openLink(link.url, "wrong password"), "unknown-link");
  const opened = await somewhere.openLink(link.url, "a password of a link");
  const [linked] = await opened.collections();
  assert.equal((await all(linked.query())).length, 1);
  assert.equal((await ada.account.links())[0].uses, 1);
  await opened.close();

  const toBob = await ada.account.find(bob.account.username);
  const managed = await ada.account.grant({ to: toBob, on: { collection, level: "manage" } });
  const [atBob] = await bob.account.received();
  const [shared] = await atBob.collections();
  const toCarol = await bob.account.find(carol.account.username);
  await atBob.grant({ to: toCarol, on: { collection: shared, level: "read" }, name: "onwards" });
  assert.equal((await atBob.granted()).length, 1);
  const onwards = await refused(ada.account.revoke(managed), "granted-onwards");
  assert.equal(onwards.details.accesses.length, 1);
  const receipt = await ada.account.revoke(managed, { onwards: "cascade" });
  assert.equal(receipt.below.length, 1);

  await ada.account.properties.set("/address/city", "Lausanne");
  assert.equal(await ada.account.properties.get("/address/city"), "Lausanne");
  assert.equal(await ada.account.properties.get("/email"), undefined);
  assert.equal((await ada.account.properties.term("/address")).ontology.length > 10, true);

  const entries = await all(ada.account.audit());
  assert.equal(entries[0].act, "sign-up");
  assert.ok(entries.every(({ at }) => at instanceof Date));
  const byBob = await ada.account.audit({ by: bob.account.id }).entries();
  assert.ok(byBob.entries.length > 0 && byBob.entries.every(({ principal }) => principal === bob.account.id));
  assert.match(await ada.account.exportAudit(), /"begins"/);

  const elsewhere = await ada.client.logIn(ada.account.username, password);
  assert.deepEqual(await elsewhere.compareHead((await ada.account.head()).text).then(({ changes }) => changes), "newer");
  const sessions = await ada.account.sessions();
  assert.equal(sessions.length, 2);
  await ada.account.endSession(sessions.find(({ current }) => !current).session);
  assert.ok(await ada.account.verifyChanges() > 3);
  assert.deepEqual(await ada.account.maintain(), { begun: [], completed: 0 });

  const found = await ada.account.resolve(collection.uri);
  assert.equal(found.kind, "collection");
  const { id } = (await all(collection.query()))[0];
  assert.equal((await ada.account.resolve(collection.instanceUri(id))).record.data.bpm, 62);
  assert.equal((await ada.account.resolve(bob.account.uri)).username, bob.account.username);
  await ada.account.logOut();
  await refused(ada.account.sessions(), "session-ended", "locked");
});

test("devices: one comes by code, one is scanned, one is revoked", async () => {
  const ada = await signedUp("ada");
  await (await ada.account.define(rates)).create(rate(62));
  await ada.account.addThisDevice("Laptop");
  const machine = await connect();
  const enrolment = await ada.account.enrolByCode();
  const arriving = await machine.newDeviceByCode(ada.account.username, enrolment.code);
  const [phone, id] = await Promise.all([arriving.finish(), enrolment.finish("Phone")]);
  assert.equal(phone.id, ada.account.id);
  assert.equal((await all((await phone.collection(rates.uri)).query())).length, 1);
  const scanned = await (await connect()).newDevice();
  const [tablet] = await Promise.all([scanned.finish(), ada.account.enrolScanned(scanned.payload, "Tablet")]);
  assert.equal(tablet.id, ada.account.id);
  await ada.account.renameDevice(id, "Old phone");
  const devices = await ada.account.devices();
  assert.deepEqual(devices.map(({ name, current }) => [name, current]), [["Laptop", true], ["Old phone", false], ["Tablet", false]]);
  assert.ok((await ada.account.revokeDevice(id)).begun.length >= 1, "new keys");
  await assert.rejects(phone.collections(), PryvError);
  assert.equal((await all((await tablet.collection(rates.uri)).query())).length, 1);
});

test("groups: what one is granted, its members read, until they leave", async () => {
  const [ada, bob, carol] = [await signedUp("ada"), await signedUp("bob"), await signedUp("carol")];
  const collection = await ada.account.define(rates);
  await collection.create(rate(62));
  const group = await bob.account.createGroup("Practice");
  assert.deepEqual([group.title, (await bob.account.groups()).length], ["Practice", 1]);
  const toCarol = await bob.account.find(carol.account.username);
  await group.add(toCarol, { purpose: "on duty", until: new Date(Date.now() + 86_400_000) });
  assert.deepEqual((await group.members()).map(({ grantee, purpose }) => [grantee, purpose]), [[carol.account.id, "on duty"]]);

  const found = await ada.account.findGroup(group.id);
  assert.equal(found.account, bob.account.id);
  assert.equal(found.fingerprint, (await group.card()).fingerprint);
  await ada.account.grant({ to: found, on: { collection, level: "read" }, name: "For the practice" });
  const [membership] = await carol.account.memberships();
  assert.deepEqual([membership.group, await membership.title()], [group.id, "Practice"]);
  assert.equal(membership.access.scopes[0].group, group.id);
  // Anybody makes anybody a member: what the group has is opened once the membership was accepted.
  const before = await carol.account.receivedByGroups();
  assert.deepEqual([before.received.length, before.notAccepted.length, before.unopened.length], [0, 1, 0]);
  assert.equal((await before.notAccepted[0].received()).length, 1);
  const { received: [received] } = await carol.account.receivedByGroups();
  assert.deepEqual([received.access.name, received.throughGroup], ["For the practice", group.id]);
  const [shared] = await received.collections();
  assert.deepEqual((await all(shared.query())).map(({ data }) => data.bpm), [62]);

  const receipts = await group.remove(toCarol);
  assert.equal(receipts.length, 1);
  await assert.rejects(all(shared.query()), PryvError);
  assert.deepEqual(await group.members(), []);
  await refused(group.remove(toCarol), "not-found");
  await refused(ada.account.findGroup(ada.account.id), "not-found");
  await refused(bob.account.createGroup(""), "group-title", "input");
});

test("suites, new keys, and one version of a record", async () => {
  const { account } = await signedUp("ada");
  const collection = await account.define({ ...rates, history: "versions" }, { suite: "light" });
  assert.equal(collection.suite, "light");
  await refused(account.define({ ...rates, history: "versions" }, { suite: "classic" }), "different-suite");
  const first = await collection.create(rate(62));
  const { epoch, suite, collection: now } = await collection.rotate({ suite: "hybrid" });
  assert.deepEqual([epoch, suite, now.suite], [1, "hybrid", "hybrid"]);
  await now.update(first, rate(63));
  assert.equal((await now.version(first.id, 1)).record.data.bpm, 62);
  assert.equal((await now.version(first.id, 2)).record.data.bpm, 63);
  assert.equal(await now.version(first.id, 3), undefined);
  await refused(now.rotate({ suite: "light" }), "suite-downgrade");
  const again = await now.rotate({ hard: true });
  assert.deepEqual([again.epoch, again.suite], [2, "hybrid"]);
  assert.equal((await all(again.collection.query())).length, 1);
});

test("abort, offline, a wrong address, a handle that was released", async () => {
  const { account } = await signedUp("ada");
  const collection = await account.define(rates);
  await refused(collection.create(rate(1), { signal: AbortSignal.abort() }), "aborted", "local");
  const controller = new AbortController();
  const many = collection.createMany(Array.from({ length: 5_000 }, () => rate(1)), {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  const aborted = await refused(many, "aborted");
  assert.ok(aborted.details.created.length < 5_000);
  collection.release();
  await refused(collection.create(rate(1)), "released");
  await refused(Pryv.connect("ftp://example.org"), "invalid-address", "input");
  await refused(Pryv.connect("http://example.org"), "plain-http", "input");
  const nobody = await Pryv.connect("http://127.0.0.1:9");
  clients.push(nobody);
  const offline = await refused(nobody.logIn("ada", password), "offline", "offline");
  assert.match(offline.next, /network/);
  assert.ok(offline.cause instanceof Error);
});

test("storage: nothing is kept in Node, and it says so", async () => {
  const { client, account } = await signedUp("ada");
  const stored = await account.store();
  assert.equal(stored.stored, false);
  assert.equal(stored.warning.code, "storage-unavailable");
  assert.equal(await client.resume(), undefined);
});

test("a client that is closed", async () => {
  const { client, account } = await signedUp("ada");
  client.close();
  await refused(account.sessions(), "closed");
});

test("a query goes on when nobody keeps its collection", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const { account } = await signedUp("ada");
  const query = await (async () => {
    const collection = await account.define({ ...rates, uri: "https://example.org/let-go" });
    await collection.create(rate(62));
    return collection.query();
  })();
  for (let round = 0; round < 10; round += 1) {
    collectGarbage();
    await setTimeout(20);
  }
  assert.equal((await query.fetch()).records.length, 1);
  assert.equal(await query.eq("/device", "watch-7").count(), 1);
});
