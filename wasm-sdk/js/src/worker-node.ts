/** The worker in Node: a thread. */

import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import type { ToWorker } from "./protocol.js";
import { serve } from "./worker.js";

const port = parentPort;
if (port === null) throw new Error("this file is the worker of @pryv/sdk: import the package instead");

const nowhere = (): Promise<never> => Promise.reject(new Error("there is no storage of sessions in Node"));

serve({
  post: (message) => port.postMessage(message),
  listen: (take) => port.on("message", (message: ToWorker) => take(message)),
  module: (name) => readFile(new URL(`./wasm/${name}_bg.wasm`, import.meta.url)) as Promise<BufferSource>,
  storage: { save: nowhere, load: nowhere, list: nowhere, wipe: () => Promise.resolve() },
});
