/** A new device shows a QR code: the camera of another one sees it, or its text is pasted. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { film } from "./camera.mjs";
import { makeCollection, signUp, visit } from "./deeds.mjs";
import { somebody, stand } from "./stage.mjs";

const folder = await mkdtemp(join(tmpdir(), "pryv-camera-"));
const camera = join(folder, "seen.y4m");
const stage = stand({ camera });
after(() => rm(folder, { recursive: true, force: true }));

/** A browser that shows a QR code; answers with the text of it. */
async function showing() {
  const one = await stage.person();
  await one.page.getByRole("link", { name: "Use a code from another device" }).click();
  await one.page.getByRole("button", { name: "Show a QR code" }).click();
  await one.page.getByRole("img", { name: "QR code of this device" }).waitFor();
  await one.page.getByText("The other device has no camera").click();
  return { ...one, text: await one.page.getByLabel("Text of the QR code").innerText() };
}

/** Goes as far as the camera. */
async function scan(page, name) {
  await visit(page, "devices", "Devices");
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByLabel("What is the new device called?").fill(name);
  await page.getByRole("button", { name: "Scan its QR code" }).click();
}

test("the page asks for the camera for itself alone", async () => {
  const policy = (await fetch(`${stage.server.url}/app/`)).headers.get("permissions-policy");
  assert.match(policy, /camera=\(self\)/);
  assert.match(policy, /microphone=\(\)/);
});

test("a phone is scanned; a tablet's text is pasted where the camera may not be used; other codes are passed over", async () => {
  const laptop = await stage.person();
  const { page } = laptop;
  await signUp(page, somebody("ada"));
  await makeCollection(page, "Weight");

  const tablet = await showing();
  // A person who says no to the browser's question: nobody answers it here.
  await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError")); });
  await scan(page, "Tablet");
  await page.getByRole("alert").filter({ hasText: "may not use the camera" }).waitFor();
  await page.getByLabel("Or paste its text").fill(tablet.text);
  await page.getByRole("button", { name: "Add Tablet" }).click();
  await tablet.page.getByRole("link", { name: /Weight/ }).waitFor();
  await page.getByText("Tablet", { exact: true }).waitFor();

  await laptop.context.grantPermissions(["camera"]);
  await page.reload();
  await film(camera, "https://example.org/menu");
  await scan(page, "Phone");
  await page.getByText("This is a QR code of something else").waitFor();
  await page.keyboard.press("Escape");
  const phone = await showing();
  await film(camera, phone.text);
  await scan(page, "Phone");
  await phone.page.getByRole("link", { name: /Weight/ }).waitFor();
  await page.getByText("Phone", { exact: true }).waitFor();
  assert.deepEqual([...laptop.complaints, ...tablet.complaints, ...phone.complaints], []);
});
