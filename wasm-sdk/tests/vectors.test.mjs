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

const text = (name) => readFile(resolve(root, "specs/vectors", name), "utf8");

/** A panic in WebAssembly says nothing: what it would have said is asked for. */
function run(compute) {
  try {
    return compute();
  } catch (error) {
    assert.fail(vectors.last_words() || String(error));
  }
}

// The files go in as text: JavaScript would round 2^53 + 1, and forget the sign of zero.
test("crypto.json", async () => {
  const file = await text("crypto.json");
  const { count, wrong } = JSON.parse(run(() => vectors.crypto(file)));
  assert.deepEqual(wrong, [], "cases that do not hold");
  assert.ok(count > 100, `${count} cases`);
});

test("wire.json", async () => {
  const file = await text("wire.json");
  const [made, expected] = [JSON.parse(run(() => vectors.wire())), JSON.parse(file)];
  assert.deepEqual(made.messages, expected.messages, "named, as far as JavaScript sees it");
  assert.ok(run(() => vectors.wire_holds(file)), "to the last digit");
});

test("wire-invalid.json", async () => {
  const { messages, json, meaning } = JSON.parse(await text("wire-invalid.json"));
  for (const { name, rule, cbor, error } of messages) assert.equal(run(() => vectors.refused(rule, cbor)), error, name);
  for (const { name, rule, json: text } of json) assert.ok(run(() => vectors.refused_json(rule, text)), name);
  for (const { name, rule, cbor } of meaning) assert.equal(run(() => vectors.refused(rule, cbor)), "accepted", name);
  assert.ok(messages.length > 10 && json.length > 1);
});

test("contents of 16 KB and more: WebCrypto makes the bytes of native code, and reads them", async () => {
  const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
  const { subtle } = globalThis.crypto;
  const { records } = JSON.parse(await text("crypto.json"));
  const sealed = records.filter(({ suite, kind }) => suite !== 3 && kind === 2);
  assert.ok(sealed.length > 0);
  for (const record of sealed) {
    for (const length of [16_000, 20_000, 250_000]) {
      const { key, aad, message, ciphertext } = JSON.parse(run(() => vectors.long_content(JSON.stringify(record), length)));
      assert.ok(message.length / 2 >= Math.min(length, 16 * 1024), "padded");
      const by = await subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"]);
      const parameters = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: bytes(aad) };
      const made = await subtle.encrypt(parameters, by, bytes(message));
      assert.equal(Buffer.from(made).toString("hex"), ciphertext, `${length} bytes`);
      const read = await subtle.decrypt(parameters, by, bytes(ciphertext));
      assert.equal(Buffer.from(read).toString("hex"), message);
    }
  }
});
