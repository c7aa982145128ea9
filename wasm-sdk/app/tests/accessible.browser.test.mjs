/** Every page, in both themes and on a phone: axe-core finds nothing serious, and nothing is wider than the window. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { everyPage, VIEWS } from "./pages.mjs";
import { stand } from "./stage.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const stage = stand();

describe("every page can be used by everybody", { concurrency: true }, () => {
  for (const view of ["light", "phone-dark"]) test(view, async () => {
    const found = [];
    const seen = new Set();
    const complaints = await everyPage(stage, VIEWS[view], async (page, what) => {
      // Through the debugger: the policy of the page lets nobody else put a script into it.
      const { violations } = await page.evaluate(`${axe}; axe.run({ resultTypes: ["violations"] })`);
      seen.add(what);
      for (const { impact, id, nodes } of violations) {
        if (impact === "serious" || impact === "critical") found.push(`${what}: ${id} at ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      }
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) found.push(`${what}: ${over} pixels wider than the window`);
    });
    assert.deepEqual(found, []);
    assert.deepEqual(complaints, []);
    assert.ok(seen.size >= 30, `${seen.size} pages`);
  });
});
