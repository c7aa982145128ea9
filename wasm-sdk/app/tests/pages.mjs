/** Every page of the application, each with a person for whom there is something on it. */

import { bringIn, chooseFile, findToShare, makeAccount, makeCollection, share, signUp, spreadsheet, typeWords, visit } from "./deeds.mjs";
import { person, somebody } from "./stage.mjs";

/** Walks through the pages, and calls `look` with the name of each. Answers with what the pages complained about. */
export async function everyPage({ browser, server: { url } }, options, look) {
  try {
    return await walk(browser, url, options, look);
  } catch (error) {
    for (const context of browser.contexts()) {
      for (const page of context.pages()) error.message += `\n\nat ${page.url()}:\n${await page.locator("body").innerText()}`;
    }
    throw error;
  }
}

async function walk(browser, url, options, look) {
  const bobs = somebody("dr-bob");
  const bob = await person(browser, url, options);
  await look(bob.page, "sign-in");
  await bob.page.getByLabel("Username").fill("somebody");
  await bob.page.getByLabel("Password", { exact: true }).fill("not the password");
  await bob.page.getByRole("button", { name: "Sign in" }).click();
  await bob.page.getByRole("alert").waitFor();
  await look(bob.page, "sign-in-wrong");
  await visit(bob.page, "recover");
  await look(bob.page, "recover");
  await visit(bob.page, "join");
  await bob.page.getByLabel("Code").waitFor();
  await look(bob.page, "join");
  await bob.page.getByRole("button", { name: "Show a QR code" }).click();
  await bob.page.getByRole("img", { name: "QR code of this device" }).waitFor();
  await look(bob.page, "join-qr");
  await visit(bob.page, "sign-in");
  await signUp(bob.page, bobs);

  const { page, context, complaints } = await person(browser, url, options);
  await visit(page, "sign-up");
  await look(page, "sign-up");
  await visit(page, "sign-in");
  const phrase = await makeAccount(page, somebody("ada"));
  await look(page, "sign-up-phrase");
  await page.getByRole("button", { name: "I have written it down" }).click();
  await typeWords(page, phrase, () => "wrong");
  await look(page, "sign-up-check");
  await typeWords(page, phrase);
  await page.getByRole("heading", { level: 1, name: "My data" }).waitFor();
  await look(page, "home-empty");
  for (const [address, heading] of [["shared", "Shared with me"], ["access", "Who has access"], ["terms", "Labels"]]) {
    await visit(page, address, heading);
    await page.locator(".empty").waitFor();
    await look(page, `${address}-empty`);
  }

  await visit(page, "new", "New collection");
  await page.getByRole("button", { name: "Blood pressure", exact: true }).click();
  await look(page, "new-collection");
  await makeCollection(page, "Symptoms");
  await makeCollection(page, "Blood pressure");
  await look(page, "collection-empty");
  await page.getByRole("link", { name: "Add the first" }).click();
  await page.getByLabel("Systolic").fill("128");
  await page.getByRole("button", { name: "Add the record" }).click();
  await page.getByRole("alert").waitFor();
  await look(page, "add");
  await page.goBack();
  await page.getByRole("heading", { level: 1, name: "Blood pressure" }).waitFor();
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("File to import").waitFor({ state: "attached" });
  await look(page, "import");
  await page.goBack();
  await chooseFile(page, "pressure.csv", spreadsheet());
  await look(page, "import-match");
  await page.getByRole("button", { name: /^Check \d/ }).click();
  await page.getByText("records are ready.").waitFor();
  await look(page, "import-check");
  await bringIn(page);
  await look(page, "collection");
  await page.getByRole("slider").first().focus();
  for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowLeft");
  await look(page, "collection-cursor");
  await page.getByRole("button", { name: "What the server sees" }).click();
  await page.getByRole("img", { name: /bytes of ciphertext/ }).waitFor();
  await look(page, "collection-server");
  await page.getByRole("button", { name: "Close what the server sees" }).click();
  await page.getByRole("button", { name: "Filter" }).click();
  await look(page, "filter");
  await page.keyboard.press("Escape");
  await findToShare(page, bobs);
  await look(page, "share");
  await page.keyboard.press("Escape");
  await share(page, bobs);

  await page.locator("tbody a").first().click();
  await page.getByRole("img", { name: /bytes of ciphertext/ }).waitFor();
  await page.getByText("Earlier versions").click();
  await page.getByText("It was never changed.").waitFor();
  await look(page, "record");
  await page.getByRole("button", { name: "Delete" }).click();
  await look(page, "record-delete");
  await page.keyboard.press("Escape");
  await visit(page, "", "My data");
  await page.locator(".spark").first().waitFor();
  await look(page, "home");
  await visit(page, "terms", "Labels");
  await page.getByRole("button", { name: "First label" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Heart");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("button", { name: "Add a label under Heart" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Rhythm");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByRole("button", { name: "Rename Rhythm" }).waitFor();
  await look(page, "terms");

  await visit(bob.page, "shared", "Shared with me");
  await bob.page.getByRole("link", { name: /Blood pressure/ }).waitFor();
  await look(bob.page, "shared");
  await bob.page.getByRole("link", { name: /Blood pressure/ }).click();
  await bob.page.getByRole("heading", { name: "What was agreed" }).waitFor();
  await bob.page.getByRole("link", { name: /Blood pressure/ }).waitFor();
  await look(bob.page, "shared-access");
  await bob.page.getByRole("button", { name: "Leave", exact: true }).click();
  await look(bob.page, "leave");
  await bob.page.keyboard.press("Escape");
  await bob.page.getByRole("link", { name: /Blood pressure/ }).click();
  await bob.page.getByRole("slider").first().waitFor();
  await look(bob.page, "shared-collection");

  await visit(page, "access", "Who has access");
  const theirs = page.getByRole("link", { name: new RegExp(`${bobs} can read`) });
  await theirs.waitFor();
  await look(page, "access");
  await theirs.click();
  await page.getByRole("button", { name: "End this access" }).waitFor();
  await look(page, "access-one");
  await visit(page, "groups", "Groups");
  await page.getByLabel("A new group").fill("My doctors");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("heading", { level: 1, name: "My doctors" }).waitFor();
  await page.getByLabel("Whom?").fill(bobs);
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("button", { name: `Add ${bobs}` }).click();
  await page.getByRole("button", { name: `Remove ${bobs}` }).waitFor();
  await look(page, "group");
  await visit(page, "groups", "Groups");
  await page.getByRole("link", { name: "My doctors" }).waitFor();
  await look(page, "groups");
  await bob.page.reload();
  await visit(bob.page, "shared", "Shared with me");
  await bob.page.getByRole("button", { name: "Accept" }).waitFor();
  await look(bob.page, "shared-invitation");
  await bob.page.goBack();
  await bob.page.getByRole("slider").first().waitFor();
  await visit(page, "activity", "Activity");
  await page.getByRole("listitem").filter({ hasText: bobs }).first().waitFor();
  await look(page, "activity");
  await visit(page, "devices", "Devices");
  await page.getByText("This page", { exact: true }).waitFor();
  await page.getByLabel("Make this browser one of them").fill("Laptop");
  await page.getByRole("button", { name: "Add it" }).click();
  await page.getByText("Laptop", { exact: true }).waitFor();
  await look(page, "devices");
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByLabel("What is the new device called?").fill("Phone");
  await page.getByRole("button", { name: "Show a code" }).click();
  await page.getByLabel("Code for the new device").waitFor();
  await look(page, "devices-add");
  await page.keyboard.press("Escape");
  await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError")); });
  await page.getByRole("button", { name: "Add a device" }).click();
  await page.getByLabel("What is the new device called?").fill("Phone");
  await look(page, "devices-name");
  await page.getByRole("button", { name: "Scan its QR code" }).click();
  await page.getByText("This device has no camera").waitFor();
  await look(page, "devices-scan");
  await page.keyboard.press("Escape");
  await visit(page, "settings", "Settings");
  await look(page, "settings");
  await page.goBack();
  await visit(page, "access", "Who has access");
  await theirs.click();
  await page.getByRole("button", { name: "End this access" }).click();
  await look(page, "access-end");
  await page.getByRole("button", { name: "End it" }).click();
  await page.getByRole("heading", { name: "This access has ended" }).waitFor();
  await look(page, "receipt");
  await page.getByRole("button", { name: "Done" }).click();
  await bob.page.reload();
  await bob.page.getByRole("alert").waitFor();
  await look(bob.page, "revoked");

  await visit(page, "", "My data");
  await page.getByRole("link", { name: /Symptoms/ }).click();
  await share(page, bobs);
  await visit(bob.page, "shared", "Shared with me");
  await bob.page.reload();
  await bob.page.getByRole("link", { name: /Symptoms/ }).click();
  await bob.page.getByRole("button", { name: "Leave", exact: true }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
  await bob.page.getByRole("heading", { name: "You have left" }).waitFor();
  await look(bob.page, "left");
  await bob.page.getByRole("button", { name: "Done" }).click();
  await bob.page.getByText("You left. What was shared").waitFor();
  await look(bob.page, "left-access");
  await page.reload();
  await visit(page, "access", "Who has access");
  await page.getByRole("link", { name: /could read Symptoms/ }).waitFor();
  await look(page, "access-over");
  await page.getByRole("link", { name: /could read Symptoms/ }).click();
  await page.getByText("Left by the grantee.").waitFor();
  await look(page, "access-left");
  await Promise.all([context.close(), bob.context.close()]);
  return [...complaints, ...bob.complaints];
}

/** The forms in which each page is looked at. */
export const VIEWS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true },
  "phone-dark": { colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true },
};
