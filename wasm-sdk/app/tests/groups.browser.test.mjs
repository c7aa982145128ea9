/** A group: Bob makes it, Carol is in it, and Ada shares with it by its word. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCollection, signUp, visit } from "./deeds.mjs";
import { somebody, stand } from "./stage.mjs";

const stage = stand();

test("what a group is given, its members read once they accept, and no longer when they leave", async () => {
  const names = { ada: somebody("ada"), bob: somebody("bob"), carol: somebody("carol") };
  const [ada, bob, carol] = [await stage.person(), await stage.person(), await stage.person()];
  for (const [{ page }, name] of [[ada, names.ada], [bob, names.bob], [carol, names.carol]]) await signUp(page, name);

  await visit(bob.page, "access", "Who has access");
  await bob.page.getByRole("link", { name: "My groups" }).click();
  await bob.page.getByLabel("A new group").fill("Practice");
  await bob.page.getByRole("button", { name: "Make it" }).click();
  await bob.page.getByRole("heading", { level: 1, name: "Practice" }).waitFor();
  await bob.page.getByLabel("Whom?").fill(names.carol);
  await bob.page.getByRole("button", { name: "Find" }).click();
  await bob.page.getByRole("button", { name: `Add ${names.carol}` }).click();
  await bob.page.getByRole("button", { name: `Remove ${names.carol}` }).waitFor();
  const word = decodeURIComponent(new URL(bob.page.url()).hash.split("/").at(-1));

  await makeCollection(ada.page, "Weight");
  await ada.page.getByRole("button", { name: "Share", exact: true }).click();
  await ada.page.getByRole("button", { name: "A group" }).click();
  await ada.page.getByLabel("A group of somebody else").fill(word);
  await ada.page.getByRole("button", { name: "Find" }).click();
  await ada.page.getByRole("group", { name: "Fingerprint of the group" }).waitFor();
  await ada.page.getByRole("button", { name: "Share with the group" }).click();
  await ada.page.getByRole("heading", { name: "Shared", exact: true }).waitFor();

  await visit(carol.page, "shared", "Shared with me");
  await carol.page.getByRole("button", { name: "Accept" }).click();
  await carol.page.getByRole("link", { name: /Weight/ }).click();
  await carol.page.getByRole("heading", { name: "What was agreed" }).waitFor();
  await carol.page.getByRole("link", { name: /Weight/ }).click();
  await carol.page.getByRole("heading", { level: 1, name: "Weight" }).waitFor();

  await bob.page.getByRole("button", { name: `Remove ${names.carol}` }).click();
  await bob.page.getByRole("button", { name: "Remove them" }).click();
  await bob.page.getByText("Nobody is in it yet.").waitFor();
  await carol.page.reload();
  await carol.page.getByRole("alert").first().waitFor();
  assert.deepEqual([...ada.complaints, ...bob.complaints, ...carol.complaints], []);
});
