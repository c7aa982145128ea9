/** A second device: it comes by a code, has everything, and is shut out when it is lost. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCollection, signUp, visit } from "./deeds.mjs";
import { somebody, stand } from "./stage.mjs";

const stage = stand();

test("a phone comes by code, and is removed from the laptop", async () => {
  const username = somebody("ada");
  const laptop = await stage.person();
  await signUp(laptop.page, username);
  await makeCollection(laptop.page, "Weight");
  await visit(laptop.page, "devices", "Devices");
  await laptop.page.getByLabel("Make this browser one of them").fill("Laptop");
  await laptop.page.getByRole("button", { name: "Add it" }).click();
  await laptop.page.getByText("Laptop", { exact: true }).waitFor();

  await laptop.page.getByRole("button", { name: "Add a device" }).click();
  await laptop.page.getByLabel("What is the new device called?").fill("Phone");
  await laptop.page.getByRole("button", { name: "Show a code" }).click();
  const code = await laptop.page.getByLabel("Code for the new device").innerText();

  const phone = await stage.person();
  await phone.page.getByRole("link", { name: "Use a code from another device" }).click();
  await phone.page.getByLabel("Username").fill(username);
  await phone.page.getByLabel("Code").fill(code);
  await phone.page.getByRole("button", { name: "Open my account here" }).click();
  await phone.page.getByRole("link", { name: /Weight/ }).waitFor();
  await laptop.page.getByText("Phone", { exact: true }).waitFor();

  // It is a device: it comes back without a password.
  await phone.page.reload();
  await phone.page.getByRole("link", { name: /Weight/ }).waitFor();

  await laptop.page.getByRole("button", { name: "Remove Phone" }).click();
  await laptop.page.getByRole("button", { name: "Remove it" }).click();
  await laptop.page.getByRole("status").filter({ hasText: "Phone is shut out." }).waitFor();
  assert.equal(await laptop.page.getByText("Phone", { exact: true }).count(), 0);
  await phone.page.reload();
  await phone.page.getByRole("alert").first().waitFor();
  assert.equal(await phone.page.getByRole("link", { name: /Weight/ }).count(), 0);

  // The laptop goes on with the new keys.
  await visit(laptop.page, "", "My data");
  await laptop.page.getByRole("link", { name: /Weight/ }).waitFor();
  assert.deepEqual(laptop.complaints, []);
});
