/**
 * Pryv in a browser.
 *
 * ```js
 * import { Pryv } from "@pryv/sdk";
 *
 * const client = await Pryv.connect("https://pryv.example.org");
 * const { account, phrase } = await client.signUp("ada", "four words are enough");
 * const rates = await account.define({
 *   uri: "https://example.org/heart-rate", title: "Heart rate",
 *   types: { "heart-rate": { type: "object", required: ["at", "bpm"], properties: { at: { type: "string", format: "date-time" }, bpm: { type: "number" } } } },
 * });
 * await rates.create({ at: new Date().toISOString(), bpm: 62 });
 *
 * const bob = await account.find("dr-bob");
 * const access = await account.grant({ to: bob, on: { collection: rates, level: "read" }, name: "For Dr Bob" });
 * for await (const record of rates.query()) console.log(record.data);
 * console.log((await account.revoke(access)).text);
 * ```
 *
 * @packageDocumentation
 */

import { type Client, type ConnectOptions, connect } from "./client.js";
import type { FromWorker } from "./protocol.js";
import type { WorkerHost } from "./rpc.js";

export * from "./api.js";

function start(): WorkerHost {
  const worker = new Worker(new URL("./worker-browser.js", import.meta.url), { type: "module", name: "pryv" });
  return {
    post: (message) => worker.postMessage(message),
    listen: (take, broke) => {
      worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => take(data));
      worker.addEventListener("error", (event) => broke(event.error ?? event.message));
      worker.addEventListener("messageerror", () => broke("a message could not be read"));
    },
    busy: () => {},
    terminate: () => worker.terminate(),
  };
}

/** Where everything begins. */
export const Pryv = {
  /** A client of the server at `https://host`, or at `http://` on this machine, in a worker of its own. Nothing is sent yet. */
  connect: (address: string | URL, options: ConnectOptions = {}): Promise<Client> => connect(start(), String(address), options),
} as const;
