/** What a person does with the application, by the words that stand on it. */

export const PASSWORD = "correct horse battery staple";

/** Goes to a page by its address. */
export async function visit(page, address, heading) {
  await page.evaluate((to) => { location.hash = to; }, `#/${address}`);
  if (heading !== undefined) await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

/** Signs up as far as the phrase, and answers with it. */
export async function makeAccount(page, username, password = PASSWORD) {
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create my account" }).click();
  await page.getByRole("heading", { name: "Keep your recovery phrase" }).waitFor();
  return page.getByRole("list", { name: /Recovery phrase of/ }).getByRole("listitem").allTextContents();
}

/** Types the words that are asked for; `change` may make them wrong. */
export async function typeWords(page, phrase, change = (word) => word) {
  for (const field of await page.getByLabel(/^Word \d+$/).all()) {
    const place = Number(await field.evaluate((input) => /\d+$/.exec(input.labels[0].textContent)[0]));
    await field.fill(change(phrase[place - 1]));
  }
  await page.getByRole("button", { name: "Finish" }).click();
}

/** Signs up, to the first page. */
export async function signUp(page, username, password = PASSWORD) {
  const phrase = await makeAccount(page, username, password);
  await page.getByRole("button", { name: "I have written it down" }).click();
  await typeWords(page, phrase);
  await page.getByRole("heading", { level: 1, name: "My data" }).waitFor();
  return phrase;
}

/** Makes a collection from a template, and is on its page afterwards. */
export async function makeCollection(page, template) {
  await visit(page, "new", "New collection");
  await page.getByRole("button", { name: template, exact: true }).click();
  await page.getByRole("button", { name: "Make the collection" }).click();
  await page.getByRole("heading", { level: 1, name: template }).waitFor();
}

/** Chooses a file on the page of a collection, and checks it with the columns that were guessed. */
export async function chooseFile(page, name, text) {
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByLabel("File to import").setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: /^Check \d/ }).waitFor();
}

/** Imports what is ready, and goes back to the collection. */
export async function bringIn(page) {
  await page.getByRole("button", { name: /^Import \d/ }).click();
  await page.getByRole("link", { name: "Look at them" }).click();
  await page.getByRole("slider").first().waitFor();
}

/** Opens the share dialog on a collection and finds somebody; answers with the fingerprint that is shown. */
export async function findToShare(page, username) {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByLabel("With whom?").fill(username);
  await page.getByRole("button", { name: "Find" }).click();
  return page.getByRole("group", { name: `Fingerprint of ${username}` }).innerText();
}

/** Shares the collection of the page with somebody. */
export async function share(page, username) {
  const fingerprint = await findToShare(page, username);
  await page.getByRole("button", { name: `Share with ${username}` }).click();
  await page.getByRole("heading", { name: "Shared", exact: true }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  return fingerprint;
}

/** Measurements of some days as a spreadsheet writes them; the last three lines have something wrong. */
export function spreadsheet(days = 120) {
  const lines = ["Date;Systolic;Diastolic;Pulse;Remark"];
  const start = new Date(Date.UTC(2026, 3, 1, 6, 30));
  for (let day = 0; day < days; day += 1) {
    const at = new Date(start.getTime() + day * 86_400_000);
    const wave = Math.round(6 * Math.sin(day / 7) + 3 * Math.sin(day * 2.3));
    lines.push(`${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} 07:${two(10 + (day % 40))};${128 - Math.round(day / 20) + wave};${82 + Math.round(wave / 2)};${64 + ((day * 7) % 15)};${day % 12 === 0 ? "after a bad night" : ""}`);
  }
  lines.push("2026-08-01 07:00;high;80;66;", "2026-02-31 07:00;120;80;66;", "2026-08-03 07:00;;80;66;");
  return lines.join("\r\n");
}

function two(part) {
  return String(part).padStart(2, "0");
}

/** Two blood pressures and a weight, as a clinic gives them out. */
export function bundle() {
  const pressure = (day, systolic, diastolic) => ({
    resource: {
      resourceType: "Observation", status: "final",
      code: { coding: [{ system: "http://loinc.org", code: "85354-9", display: "Blood pressure panel" }] },
      effectiveDateTime: `2026-09-${two(day)}T08:00:00+02:00`,
      component: [
        { code: { text: "Systolic" }, valueQuantity: { value: systolic, unit: "mmHg" } },
        { code: { text: "Diastolic" }, valueQuantity: { value: diastolic, unit: "mmHg" } },
      ],
    },
  });
  return JSON.stringify({
    resourceType: "Bundle", type: "collection",
    entry: [
      pressure(1, 121, 79), pressure(2, 133, 85),
      { resource: { resourceType: "Patient", id: "p" } },
      { resource: { resourceType: "Observation", status: "entered-in-error", code: { text: "Weight" }, valueQuantity: { value: 700, unit: "kg" } } },
    ],
  });
}
