/** The page's side of the calls into the worker. */

import { PryvError, type ErrorDetails, type ErrorKind } from "./error.js";
import type { FromWorker, ToWorker, WireError } from "./protocol.js";
import { detailsOf } from "./read.js";

/** What every call that may take long accepts. */
export interface CallOptions {
  /** Ends the wait. Whether the server acted by then is not known. */
  readonly signal?: AbortSignal | undefined;
}

/** Is told how far a long call is; `total` is absent when nobody knows it beforehand. */
export type OnProgress = (done: number, total?: number) => void;

/** What calls accept that tell how far they are. */
export interface ProgressOptions extends CallOptions {
  readonly onProgress?: OnProgress | undefined;
}

interface Pending {
  readonly settle: (value: unknown) => void;
  readonly fail: (error: unknown) => void;
  readonly progress: OnProgress | undefined;
  readonly unlisten: () => void;
}

/** A worker as the page holds it. */
export interface WorkerHost {
  post(message: ToWorker): void;
  /** Told once, at the start. */
  listen(take: (message: FromWorker) => void, broke: (reason: unknown) => void): void;
  /** Whether anything waits: a program whose last call is answered may end. */
  busy(busy: boolean): void;
  terminate(): void;
}

/** @internal The error of a worker as the page throws it. */
export function thrown(error: WireError): PryvError {
  const cause = (error.causes ?? []).reduceRight<Error | undefined>(
    (below, message) => new Error(message, below === undefined ? undefined : { cause: below }),
    undefined,
  );
  return new PryvError(error.code, error.message, {
    kind: error.kind as ErrorKind,
    next: error.next,
    details: detailsOf(error.details ?? {}) satisfies ErrorDetails,
    cause,
  });
}

/** @internal Calls into one worker. */
export class Remote {
  readonly #host: WorkerHost;
  readonly #pending = new Map<number, Pending>();
  readonly #dropped: FinalizationRegistry<number>;
  #next = 1;
  #broken: PryvError | undefined;

  constructor(host: WorkerHost) {
    this.#host = host;
    this.#dropped = new FinalizationRegistry((handle) => this.release(handle));
    host.listen((message) => this.#take(message), (reason) => this.#break(reason));
  }

  /** Calls a method of a handle. */
  call<T>(target: number, method: string, args: object = {}, options: ProgressOptions = {}): Promise<T> {
    return this.callWith(target, method, JSON.stringify(args), options);
  }

  /** Calls a method of a handle, with arguments that are JSON already. */
  callWith<T>(target: number, method: string, args: string, options: ProgressOptions = {}): Promise<T> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const { signal, onProgress } = options;
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        this.#host.post({ kind: "abort", id });
        this.#finish(id)?.fail(aborted(signal));
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#pending.set(id, {
        settle: (value) => resolve(value as T),
        fail: reject,
        progress: onProgress,
        unlisten: () => signal?.removeEventListener("abort", abort),
      });
      if (this.#pending.size === 1) this.#host.busy(true);
      this.#host.post({ kind: "call", id, target, method, args });
    });
  }

  /** Lets the worker forget a handle once its owner is gone. */
  hold(owner: object, handle: number): void {
    this.#dropped.register(owner, handle, owner);
  }

  /** Lets the worker forget a handle now. */
  forget(owner: object, handle: number): void {
    this.#dropped.unregister(owner);
    this.release(handle);
  }

  /** Ends the worker and all that it holds: keys, sessions, what was seen. */
  close(): void {
    this.#host.terminate();
    this.#break(new PryvError("closed", "the client was closed", { next: "connect again" }));
  }

  private release(handle: number): void {
    if (this.#broken === undefined) this.#host.post({ kind: "release", handle });
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case "progress":
        this.#pending.get(message.id)?.progress?.(message.done, message.total ?? undefined);
        return;
      case "done":
        this.#finish(message.id)?.settle(JSON.parse(message.value));
        return;
      case "failed":
        this.#finish(message.id)?.fail(thrown(message.error));
    }
  }

  #finish(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.unlisten();
    if (this.#pending.size === 0) this.#host.busy(false);
    return pending;
  }

  #break(reason: unknown): void {
    this.#broken = reason instanceof PryvError
      ? reason
      : new PryvError("worker-failed", "the worker of the SDK did not start, or broke", {
        next: "load the page again; a strict CSP needs `worker-src 'self'` and `script-src 'wasm-unsafe-eval'`",
        cause: reason,
      });
    for (const id of [...this.#pending.keys()]) this.#finish(id)?.fail(this.#broken);
  }
}

function aborted(signal: AbortSignal | undefined): PryvError {
  return new PryvError("aborted", "the call was aborted; whether the server acted on it is not known", {
    cause: signal?.reason,
  });
}
