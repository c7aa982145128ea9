/** `npm run screenshots [-- FOLDER [VIEW…]]`: a picture of each page in both themes, on a desktop and on a phone. */

import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { everyPage, VIEWS } from "./pages.mjs";
import { startBrowser, startServer } from "./stage.mjs";

const [folder = resolve(import.meta.dirname, "../../../target/screenshots"), ...wanted] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const [server, browser] = await Promise.all([startServer(), startBrowser()]);
try {
  for (const [name, options] of Object.entries(VIEWS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    let pictures = 0;
    await everyPage({ browser, server }, options, async (page, what) => {
      await page.waitForTimeout(250);
      // A dialog is as large as the window; a page is as long as it is.
      const fullPage = await page.locator("dialog[open]").count() === 0;
      await page.screenshot({ path: join(folder, `${what}-${name}.png`), fullPage });
      pictures += 1;
    });
    console.log(`${name}: ${pictures} pictures in ${folder}`);
  }
} finally {
  await browser.close();
  await server.stop();
}
