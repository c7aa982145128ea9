/** The worker: holds the wasm module, and with it every key; answers the calls of one page. */

import { openContent, sealContent } from "./cipher.js";
import init, { abort, call, release, start } from "./wasm/core.js";
import initSchema, { Opened } from "./wasm/schema.js";
import type { FromWorker, ToWorker, WireError } from "./protocol.js";

/** What the platform gives the worker. */
export interface Platform {
  post(message: FromWorker): void;
  listen(take: (message: ToWorker) => void): void;
  /** The bytes of a wasm module, or where they are. */
  module(name: "core" | "schema"): Promise<Response | BufferSource> | URL;
  readonly storage: Storage;
}

/** Where sessions are kept. */
export interface Storage {
  save(place: string, account: string, username: string, revision: number, session: Uint8Array): Promise<boolean>;
  load(place: string, account: string): Promise<{ revision: number; session: Uint8Array } | null>;
  list(place: string): Promise<string>;
  wipe(place: string, account?: string): Promise<void>;
}

/** The methods that hold content against a schema, and need the validator. Others load it in passing, or never. */
const VALIDATING = new Set([
  "signUp", "define", "defineOntology", "redefine", "linkOntology", "events", "streams", "appData",
  "create", "createMany", "update", "file", "get", "history", "version", "fetch", "next", "check", "stored", "change", "resolve",
  "property", "setProperty", "propertyTerm", "propertyCollection", "maintain", "rewrap",
]);

/** Methods after which a collection will be read or written soon. */
const SIGNING_IN = new Set(["logIn", "recover", "resume", "openLink"]);

/** Serves one page. */
export function serve(platform: Platform): void {
  const opened = new Map<number, Opened>();
  let last = 0;
  let core: Promise<unknown> | undefined;
  let schema: Promise<unknown> | undefined;

  const loadSchema = (): Promise<unknown> => {
    schema ??= load(platform, "schema", initSchema).catch((error: unknown) => {
      // Another call tries again.
      schema = undefined;
      throw error;
    });
    return schema;
  };
  const loadCore = (): Promise<unknown> => {
    core ??= load(platform, "core", init).then(() => start({
      progress: (id: number, done: number, total?: number) => platform.post({ kind: "progress", id, done, total: total ?? null }),
      sealContent,
      openContent,
      schemaOpen: (types: string): number | undefined => {
        const one = Opened.open(types);
        if (one === undefined) return undefined;
        last += 1;
        opened.set(last, one);
        return last;
      },
      schemaCheck: (at: number, name: string): string | undefined => opened.get(at)?.check(name),
      schemaFaults: (at: number, instance: string): string => opened.get(at)?.faults(instance) ?? "",
      schemaClose: (at: number): void => {
        opened.get(at)?.free();
        opened.delete(at);
      },
      ...platform.storage,
    })).catch((error: unknown) => {
      core = undefined;
      throw error;
    });
    return core;
  };

  platform.listen((message) => {
    switch (message.kind) {
      case "call":
        void answer(message);
        return;
      case "abort":
        if (core !== undefined) abort(message.id);
        return;
      case "release":
        if (core !== undefined) release(message.handle);
    }
  });

  async function answer({ id, target, method, args }: Extract<ToWorker, { kind: "call" }>): Promise<void> {
    try {
      await loadCore();
      if (VALIDATING.has(method)) await loadSchema();
      const value = await call(id, target, method, args);
      platform.post({ kind: "done", id, value });
      if (SIGNING_IN.has(method)) loadSchema().catch(() => {});
    } catch (error) {
      platform.post({ kind: "failed", id, error: failure(error) });
    }
  }
}

async function load(
  platform: Platform,
  name: "core" | "schema",
  init: (options: { module_or_path: URL | Promise<Response | BufferSource> }) => Promise<unknown>,
): Promise<void> {
  try {
    await init({ module_or_path: platform.module(name) });
  } catch (error) {
    throw new NotLoaded(name, error);
  }
}

class NotLoaded extends Error {
  constructor(readonly module: string, cause: unknown) {
    super("a part of the SDK did not load", { cause });
  }
}

/** Errors of the module are JSON; whatever else is thrown is of the machine, or a fault of ours. */
function failure(error: unknown): WireError {
  if (typeof error === "string") return JSON.parse(error) as WireError;
  if (error instanceof NotLoaded) {
    const csp = error.cause instanceof WebAssembly.CompileError;
    return {
      code: "not-loaded",
      kind: "local",
      message: `a part of the SDK (${error.module}) did not load`,
      next: csp
        ? "allow WebAssembly in the Content-Security-Policy of the page and of the worker: script-src 'wasm-unsafe-eval'"
        : "check the network and that the files of the package are served, then repeat",
      causes: [String(error.cause)],
    };
  }
  return {
    code: "internal",
    kind: "local",
    message: "the SDK failed, which is a fault of its own",
    next: "load the page again, and report it",
    causes: [String(error)],
  };
}
