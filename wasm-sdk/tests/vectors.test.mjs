/** Every vector of `specs/vectors`, in WebAssembly: computed by the code, and equal to what native code computes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { root } from "./stage.mjs";

const built = resolve(root, "target/wasm-sdk/vectors");
const vectors = await import(resolve(built, "vectors.js"));
await vectors.default({ module_or_path: await readFile(resolve(built, "vectors_bg.wasm")) });
vectors.begin();

async function file(name) {
  return JSON.parse(await readFile(resolve(root, "specs/vectors", name), "utf8"));
}

/** A panic in WebAssembly says nothing: what it would have said is asked for. */
function run(compute) {
  try {
    return compute();
  } catch (error) {
    assert.fail(vectors.last_words() || String(error));
  }
}

test("crypto.json", async () => {
  const { about, ...sections } = await file("crypto.json");
  let count = 0;
  for (const [name, cases] of Object.entries(sections)) {
    assert.deepEqual(JSON.parse(run(() => vectors.crypto(name, JSON.stringify(cases)))), [], `${name}: cases that do not hold`);
    count += cases.length;
  }
  assert.ok(count > 100, `${count} cases of ${about.length} characters about them`);
});

test("wire.json", async () => {
  const { messages, derived } = await file("wire.json");
  const made = JSON.parse(run(() => vectors.wire()));
  assert.deepEqual(made.messages, messages);
  assert.deepEqual(made.derived, derived);
});

test("wire-invalid.json", async () => {
  const { messages, json, meaning } = await file("wire-invalid.json");
  for (const { name, rule, cbor, error } of messages) assert.equal(run(() => vectors.refused(rule, cbor)), error, name);
  for (const { name, rule, json: text } of json) assert.ok(run(() => vectors.refused_json(rule, text)), name);
  for (const { name, rule, cbor } of meaning) assert.equal(run(() => vectors.refused(rule, cbor)), "accepted", name);
  assert.ok(messages.length > 10 && json.length > 1);
});
