/** Ada and Bob, each with a browser of their own, over one real server: from the sign-up to the end of an access. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bringIn, bundle, chooseFile, makeAccount, makeCollection, PASSWORD, share, signUp, spreadsheet, typeWords, visit } from "./deeds.mjs";
import { person, somebody, stand } from "./stage.mjs";

const names = { ada: somebody("ada"), bob: somebody("bob") };
const stage = stand({
  prepare: async () => {
    ada = await stage.person();
    bob = await stage.person();
  },
});
let ada;
let bob;
let phrase;

/** A step of the story: what comes behind a step that failed is not told. */
let told = true;
function step(words, tell) {
  test(words, async (t) => {
    if (!told) return t.skip("an earlier step failed");
    told = false;
    try {
      await tell();
    } catch (error) {
      for (const [who, { page }] of Object.entries({ Ada: ada, Bob: bob })) t.diagnostic(`${who} sees, at ${page.url()}:\n${await page.locator("body").innerText()}`);
      throw error;
    }
    told = true;
  });
}

test("the page comes with a strict policy, and the bare address leads to it", async () => {
  assert.equal(new URL(ada.page.url()).pathname, "/app/");
  const answer = await fetch(`${stage.server.url}/app/`);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|data:|https?:|\*/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  assert.equal(answer.headers.get("cross-origin-opener-policy"), "same-origin");
  const script = /src="(\/app\/assets\/[^"]+\.js)"/.exec(await answer.text())[1];
  const file = await fetch(stage.server.url + script, { headers: { "accept-encoding": "br" } });
  assert.match(file.headers.get("cache-control"), /immutable/);
  assert.equal(file.headers.get("content-encoding"), "br");
  const again = await fetch(stage.server.url + script, { headers: { "if-none-match": file.headers.get("etag") } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(`${stage.server.url}/app/assets/none.js`)).status, 404);
});

step("Ada signs up, and only words from her paper let her go on", async () => {
  phrase = await makeAccount(ada.page, names.ada);
  assert.equal(phrase.length, 24);
  await ada.page.getByRole("button", { name: "I have written it down" }).click();
  await typeWords(ada.page, phrase, () => "wrong");
  assert.equal(await ada.page.getByText(/^This is not word \d+/).count(), 3);
  await typeWords(ada.page, phrase);
  await ada.page.getByRole("heading", { level: 1, name: "My data" }).waitFor();
  await ada.page.getByRole("heading", { name: "Begin with one collection" }).waitFor();
});

step("she makes a collection, and a form tells what is wrong before anything is sent", async () => {
  const { page } = ada;
  await makeCollection(page, "Blood pressure");
  await page.getByRole("link", { name: "Add the first" }).click();
  await page.getByLabel("Systolic").fill("131");
  await page.getByRole("button", { name: "Add the record" }).click();
  await page.getByText("1 field needs another look").waitFor();
  assert.equal(await page.getByLabel("Diastolic").getAttribute("aria-invalid"), "true");
  await page.getByLabel("Diastolic").fill("84");
  await page.getByLabel(/^Note/).fill("purple giraffe");
  await page.getByRole("button", { name: "Add the record" }).click();
  await page.getByRole("row").filter({ hasText: "purple giraffe" }).waitFor();
});

step("she imports a spreadsheet: lines with something wrong stay out, with the reason", async () => {
  const { page } = ada;
  await chooseFile(page, "pressure.csv", spreadsheet());
  await page.getByLabel("Column for Note").selectOption("Remark");
  await page.getByRole("button", { name: "Check 123 records" }).click();
  await page.getByText("120 records are ready.").waitFor();
  const out = page.getByRole("region", { name: "What stays out" });
  assert.match(await out.innerText(), /Line 122\s+Systolic: “high” is not a number/);
  assert.match(await out.innerText(), /Line 123\s+Time: “2026-02-31 07:00” is not a date/);
  assert.match(await out.innerText(), /Line 124\s+Systolic: this is needed/);
  await bringIn(page);
  await page.getByRole("heading", { name: "121 records" }).waitFor();
});

step("she imports what her clinic gave her", async () => {
  const { page } = ada;
  await chooseFile(page, "clinic.json", bundle());
  await page.getByRole("button", { name: "Check 2 records" }).click();
  await page.getByText("2 records are ready.").waitFor();
  assert.match(await page.getByRole("region", { name: "What stays out" }).innerText(), /entered in error/);
  await bringIn(page);
  await page.getByRole("heading", { name: "123 records" }).waitFor();
});

step("the plot is walked with the keyboard, and what she looks for is found", async () => {
  const { page } = ada;
  const plot = page.getByRole("slider", { name: "Systolic, Diastolic over time" });
  await plot.focus();
  await page.keyboard.press("Home");
  assert.match(await plot.getAttribute("aria-valuetext"), /^1 Apr 2026.*: Systolic 128 mmHg · Diastolic 82 mmHg$/);
  await page.keyboard.press("ArrowRight");
  assert.match(await plot.getAttribute("aria-valuetext"), /^2 Apr 2026/);
  await page.getByLabel("Words to look for").fill("giraffe");
  await page.getByRole("heading", { name: "Found: 1 record" }).waitFor();
  await page.getByLabel("Words to look for").fill("");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByLabel("Field", { exact: true }).selectOption({ label: "Systolic (slower: looked for on this device)" });
  await page.getByLabel("is", { exact: true }).fill("133");
  await page.getByRole("button", { name: "Show matching records" }).click();
  await page.getByRole("heading", { name: /^Found: [1-9]\d? records?$/ }).waitFor();
  await page.getByRole("button", { name: /^Systolic: 133.*Take this filter away$/ }).click();
  await page.getByRole("heading", { name: "123 records" }).waitFor();
});

step("she sees what the server sees: nothing of what she wrote", async () => {
  const { page } = ada;
  await page.getByRole("row").filter({ hasText: "purple giraffe" }).getByRole("link").click();
  const panel = page.getByRole("complementary", { name: "What the server sees of this record" });
  const shown = panel.getByRole("img", { name: /bytes of ciphertext/ });
  const stored = Buffer.from((await shown.innerText()).replaceAll(/[^0-9a-f]/g, ""), "hex");
  assert.ok(stored.length >= 64);
  assert.ok(!stored.includes("giraffe"));
  await panel.getByText(/locked key/).waitFor();
});

step("she labels the record, changes it, and its history has both versions", async () => {
  const { page } = ada;
  const record = page.url().split("#/")[1];
  await visit(page, "terms", "Labels");
  await page.getByRole("button", { name: "First label" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Heart");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("button", { name: "Rename Heart" }).waitFor();
  await visit(page, record);
  await page.getByRole("button", { name: "Add a label" }).click();
  await page.getByLabel("Add a label").selectOption({ label: "Heart" });
  await page.getByRole("button", { name: "Take the label Heart away" }).waitFor();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await page.getByLabel("Systolic").fill("129");
  await page.getByRole("button", { name: "Save the change" }).click();
  await page.getByText("129 mmHg").first().waitFor();
  await page.getByText("Earlier versions").click();
  await page.getByRole("heading", { name: "Version 1", exact: true }).waitFor();
  await page.getByRole("heading", { name: "Version 2 (now)" }).waitFor();
});

step("she shares with Bob, by the fingerprint that he reads to her", async () => {
  await signUp(bob.page, names.bob);
  await visit(bob.page, "settings", "Settings");
  const his = await bob.page.getByRole("group", { name: "Your fingerprint" }).innerText();
  await visit(ada.page, "", "My data");
  await ada.page.getByRole("link", { name: /Blood pressure/ }).click();
  const shown = await share(ada.page, names.bob);
  assert.equal(shown, his);
});

step("Bob reads, and may not change", async () => {
  const { page } = bob;
  await visit(page, "shared", "Shared with me");
  await page.getByRole("link", { name: /Blood pressure/ }).click();
  await page.getByRole("link", { name: /Blood pressure/ }).click();
  await page.getByRole("heading", { name: "123 records" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Add", exact: true }).count(), 0);
  await page.getByRole("row").filter({ hasText: "purple giraffe" }).getByRole("link").click();
  await page.getByText("purple giraffe").first().waitFor();
  await page.getByText(/The signature was checked/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
});

step("both load the page again, and are where they were", async () => {
  await ada.page.reload();
  await ada.page.getByRole("heading", { level: 1, name: "Blood pressure" }).waitFor();
  await bob.page.reload();
  await bob.page.getByText("purple giraffe").first().waitFor();
});

step("Ada sees what Bob read", async () => {
  await visit(ada.page, "activity", "Activity");
  await ada.page.getByLabel("Only others, not me").check();
  await ada.page.getByRole("listitem").filter({ hasText: `${names.bob} read 123 records of “Blood pressure”` }).first().waitFor();
});

step("somebody without an account opens a link, with its password", async () => {
  const { page } = ada;
  await visit(page, "", "My data");
  await page.getByRole("link", { name: /Blood pressure/ }).click();
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("button", { name: "Whoever has a link" }).click();
  await page.getByLabel(/^Password for the link/).fill("eleven purple tigers");
  await page.getByRole("button", { name: "Make the link" }).click();
  const url = await page.getByLabel("The link", { exact: true }).inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  const guest = await person(stage.browser, url);
  assert.doesNotMatch(guest.page.url(), /accesses/, "the key is taken out of the address");
  await guest.page.getByLabel("Password of the link").fill("eleven purple tigers");
  await guest.page.getByRole("button", { name: "Open it" }).click();
  await guest.page.getByRole("link", { name: /Blood pressure/ }).click();
  await guest.page.getByRole("heading", { name: "123 records" }).waitFor();
  assert.deepEqual(guest.complaints, []);
  await guest.context.close();
});

step("Ada ends Bob's access, and gets a receipt that she finds again", async () => {
  const { page } = ada;
  await visit(page, "access", "Who has access");
  await page.getByRole("link", { name: new RegExp(`${names.bob} can read Blood pressure`) }).click();
  await page.getByRole("button", { name: "End this access" }).click();
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByRole("heading", { name: "This access has ended" }).waitFor();
  await page.getByRole("button", { name: "Check it with the server" }).click();
  await page.getByText("The server still stands by this receipt.").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: "Receipt" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Receipt" }).waitFor();
  await page.getByRole("button", { name: "Check it with the server" }).waitFor();
});

step("Bob is told that it is over, and what to do", async () => {
  const { page } = bob;
  await page.reload();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.innerText(), /ended|not shared|not open/i);
  await visit(page, "shared", "Shared with me");
  await page.getByRole("heading", { name: "Over" }).waitFor();
});

step("a wrong password is told in words, and the right one opens", async () => {
  const { page } = ada;
  await visit(page, "settings", "Settings");
  await page.getByRole("button", { name: "Sign out of this device" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Username").fill(names.ada);
  await page.getByLabel("Password", { exact: true }).fill("not my password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("Username and password do not match", { exact: true }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: /Blood pressure/ }).waitFor();
});

step("her phrase opens the account on a new device, and signs out the others", async () => {
  const fresh = await stage.person();
  const { page } = fresh;
  await page.getByRole("link", { name: "Use your recovery phrase" }).click();
  await page.getByLabel("Username").fill(names.ada);
  await page.getByLabel("Recovery phrase").fill(`${phrase.slice(0, 23).join(" ")} nonsense`);
  await page.getByLabel("New password").fill("another four good words");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Recovery phrase").fill(phrase.join(" "));
  await page.getByRole("button", { name: "Recover my account" }).click();
  await page.getByRole("link", { name: /Blood pressure/ }).waitFor();
  assert.deepEqual(fresh.complaints, []);
  await fresh.context.close();
});

step("without a server she is told so; nothing that she typed is lost", async () => {
  const { page } = bob;
  await makeCollection(page, "Weight");
  await page.getByRole("link", { name: "Add the first" }).click();
  await page.getByLabel("Weight").fill("71.5");
  await stage.server.stop();
  await page.getByRole("button", { name: "Add the record" }).click();
  await page.getByRole("alert").getByText("The server cannot be reached", { exact: true }).waitFor({ timeout: 90_000 });
  assert.equal(await page.getByLabel("Weight").inputValue(), "71.5");
});

step("no page complained, and the policy was never broken", () => {
  assert.deepEqual([...ada.complaints, ...bob.complaints], []);
});
