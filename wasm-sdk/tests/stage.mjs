/** Starts the stage (`tests/kit/src/bin/stage`): a real server, a way to it that lies on command, files beside it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The workspace. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The stage's program; the server's program stands beside it. */
const program = process.env.PRYV_STAGE ?? resolve(root, "target/debug/stage");

export async function stage(...folders) {
  const child = spawn(program, folders, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PRYV_TEST_SERVER: resolve(dirname(program), "pryv-server"), ...process.env },
  });
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line").then(([line]) => line),
    once(child, "exit").then(([code]) => { throw new Error(`the stage ended at once (${code}): ${program}`); }),
  ]);
  const { url } = JSON.parse(line);
  const say = async (what) => {
    const answer = await fetch(`${url}/stage/${what}`, { method: "POST" });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
    return answer.text();
  };
  return {
    url,
    /** From now on the server lies in this way; answers with the code that a client must give. */
    lie: (name) => say(`lie/${name}`),
    /** Answers with how often it lied. */
    honest: async () => Number(await say("honest")),
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

let counter = 0;

/** A username that nobody has. */
export function somebody(name) {
  counter += 1;
  return `${name}-${process.pid % 10_000}-${counter}`;
}

export const password = "four words are enough";

/** What the tests keep: heart rates. */
export const rates = {
  uri: "https://example.org/heart-rate",
  title: "Heart rate",
  types: {
    "heart-rate": {
      type: "object",
      required: ["at", "bpm"],
      properties: {
        at: { type: "string", format: "date-time" },
        bpm: { type: "number", minimum: 0 },
        device: { type: "string" },
        note: { type: "string" },
      },
      additionalProperties: false,
    },
  },
  indexes: [{ field: "/device", kind: "equality" }],
};

export function rate(bpm, device = "watch-7") {
  return { at: "2026-11-22T09:00:00Z", bpm, device };
}
