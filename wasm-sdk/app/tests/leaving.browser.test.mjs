/** Leaving: whoever was given something ends it, keeps a receipt, and the owner sees who did. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCollection, share, signUp, visit } from "./deeds.mjs";
import { somebody, stand } from "./stage.mjs";

const stage = stand();

test("Bob leaves what Ada shared with him, and she sees that he did", async () => {
  const names = { ada: somebody("ada"), bob: somebody("bob") };
  const [ada, bob] = [await stage.person(), await stage.person()];
  await signUp(bob.page, names.bob);
  await signUp(ada.page, names.ada);
  await makeCollection(ada.page, "Weight");
  await share(ada.page, names.bob);

  const { page } = bob;
  await visit(page, "shared", "Shared with me");
  await page.getByRole("link", { name: /Weight/ }).click();
  await page.getByRole("button", { name: "Leave", exact: true }).click();
  await page.getByRole("dialog").getByText("Only", { exact: false }).first().waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
  await page.getByRole("heading", { name: "You have left" }).waitFor();
  assert.match(await page.getByRole("dialog").innerText(), /You have ended the access .* Only a new access brings you back/s);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("You left. What was shared is closed to you").waitFor();
  // The receipt is there after a reload, and there is nothing to leave any more.
  await page.reload();
  await page.getByRole("heading", { name: "Receipt" }).waitFor();
  await page.getByText("You have ended the access").waitFor();
  assert.equal(await page.getByRole("button", { name: "Leave", exact: true }).count(), 0);
  await visit(page, "shared", "Shared with me");
  await page.getByRole("link", { name: /you left on/ }).waitFor();

  await visit(ada.page, "access", "Who has access");
  const row = ada.page.getByRole("link", { name: new RegExp(`${names.bob} could read Weight`) });
  assert.match(await row.innerText(), /left by them on .*Left/s);
  await row.click();
  await ada.page.getByText("Left by the grantee.").waitFor();
  assert.equal(await ada.page.getByRole("button", { name: "End this access" }).count(), 0);
  assert.deepEqual([...ada.complaints, ...bob.complaints], []);
});

test("Carol leaves a group that she was put into", async () => {
  const names = { ada: somebody("ada"), carol: somebody("carol") };
  const [ada, carol] = [await stage.person(), await stage.person()];
  await signUp(carol.page, names.carol);
  await signUp(ada.page, names.ada);
  await visit(ada.page, "groups", "Groups");
  await ada.page.getByLabel("A new group").fill("Family");
  await ada.page.getByRole("button", { name: "Make it" }).click();
  await ada.page.getByLabel("Whom?").fill(names.carol);
  await ada.page.getByRole("button", { name: "Find" }).click();
  await ada.page.getByRole("button", { name: `Add ${names.carol}` }).click();
  await ada.page.getByRole("button", { name: `Remove ${names.carol}` }).waitFor();
  await makeCollection(ada.page, "Weight");
  await ada.page.getByRole("button", { name: "Share", exact: true }).click();
  await ada.page.getByRole("button", { name: "A group" }).click();
  await ada.page.getByRole("button", { name: "Family" }).click();
  await ada.page.getByRole("button", { name: "Share with Family" }).click();
  await ada.page.getByRole("heading", { name: "Shared", exact: true }).waitFor();

  const { page } = carol;
  await visit(page, "shared", "Shared with me");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.getByRole("link", { name: /Weight/ }).click();
  await page.getByRole("button", { name: "Leave the group" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave the group" }).click();
  await page.getByText("You are no longer a member of the group").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await visit(page, "shared", "Shared with me");
  await page.getByText("Nothing is shared with you yet").waitFor();
  assert.deepEqual([...ada.complaints, ...carol.complaints], []);
});
