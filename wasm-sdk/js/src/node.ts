/** Pryv in Node: the same API; the worker is a thread. Sessions are kept in memory only. */

import { Worker } from "node:worker_threads";
import { type Client, type ConnectOptions, connect } from "./client.js";
import type { FromWorker } from "./protocol.js";
import type { WorkerHost } from "./rpc.js";

export * from "./api.js";

function start(): WorkerHost {
  const worker = new Worker(new URL("./worker-node.js", import.meta.url), { name: "pryv" });
  return {
    post: (message) => worker.postMessage(message),
    listen: (take, broke) => {
      worker.on("message", (message: FromWorker) => take(message));
      worker.on("error", broke);
      worker.on("exit", () => broke("the thread ended"));
    },
    // A program whose calls are all answered may end.
    busy: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

/** Where everything begins. */
export const Pryv = {
  /** A client of the server at `https://host`, or at `http://` on this machine, in a thread of its own. Nothing is sent yet. */
  connect: (address: string | URL, options: ConnectOptions = {}): Promise<Client> => connect(start(), String(address), options),
} as const;
