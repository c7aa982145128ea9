/** Import of JSON: a list, and one value a line; what is wrong stays out by number, with the reason. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bringIn, chooseFile, makeCollection, signUp } from "./deeds.mjs";
import { somebody, stand } from "./stage.mjs";

const stage = stand();

test("a list in JSON, and JSON by lines", async () => {
  const { page, complaints } = await stage.person();
  await signUp(page, somebody("ada"));
  await makeCollection(page, "Weight");
  const list = [
    { time: "2026-05-01T07:00:00Z", weight: 71.5 },
    { time: "2026-05-02T07:00:00Z", weight: "heavy" },
    "no record",
    { time: "2026-05-03T07:00:00Z", weight: 71.1 },
  ];
  await chooseFile(page, "weights.json", JSON.stringify(list));
  await page.getByText("3 records (JSON)").waitFor();
  await page.getByRole("button", { name: "Check 3 records" }).click();
  await page.getByText("2 records are ready.").waitFor();
  const out = await page.getByRole("region", { name: "What stays out" }).innerText();
  assert.match(out, /2\s+Weight: “heavy” is not a number/);
  assert.match(out, /3\s+This is a single value/);
  await bringIn(page);
  await page.getByRole("heading", { name: "2 records" }).waitFor();

  await chooseFile(page, "more.ndjson", ['{"time":"2026-05-04T07:00:00Z","weight":70.9}', '{"time":"2026-', '{"time":"2026-05-05T07:00:00Z","weight":70.7}'].join("\n"));
  await page.getByRole("button", { name: "Check 2 records" }).click();
  assert.match(await page.getByRole("region", { name: "What stays out" }).innerText(), /2\s+This is not JSON/);
  await bringIn(page);
  await page.getByRole("heading", { name: "4 records" }).waitFor();
  assert.deepEqual(complaints, []);
});
