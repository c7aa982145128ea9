// Runs vectors of the specifications in Node, through the package as it is built: `node vector.mjs path/to/pryv_wasm_sdk.js`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const { recoveryVerifier } = createRequire(import.meta.url)(resolve(process.argv[2]));
const vectors = JSON.parse(readFileSync(new URL("../../specs/vectors/crypto.json", import.meta.url), "utf8"));

let count = 0;
for (const { name, words, verifier } of vectors["recovery-phrases"]) {
  assert.equal(Buffer.from(recoveryVerifier(words)).toString("hex"), verifier, name);
  const shorter = words.split(" ").slice(1).join(" ");
  assert.throws(() => recoveryVerifier(shorter), Error, "a phrase of 23 words");
  assert.throws(() => recoveryVerifier(`pryv ${shorter}`), Error, "a word that is not in the list");
  count += 1;
}
assert.ok(count > 0, "the vectors hold phrases");
console.log(`${count} recovery phrases read in Node ${process.version} as the vectors say`);
