/** The worker in a browser. */

import type { FromWorker, ToWorker } from "./protocol.js";
import * as storage from "./storage.js";
import { serve } from "./worker.js";

/** The part of a dedicated worker's scope that is used. */
interface Scope {
  postMessage(message: FromWorker): void;
  addEventListener(kind: "message", take: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as Scope;

serve({
  post: (message) => scope.postMessage(message),
  listen: (take) => scope.addEventListener("message", ({ data }) => take(data)),
  // Written out for bundlers, which look for this form.
  module: (name) => (name === "core"
    ? new URL("./wasm/core_bg.wasm", import.meta.url)
    : new URL("./wasm/schema_bg.wasm", import.meta.url)),
  storage,
});
