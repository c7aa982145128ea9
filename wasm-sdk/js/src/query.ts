/** Queries: planned before anything is sent, checked again after everything was opened. */

import { PryvError } from "./error.js";
import type { TermId } from "./ids.js";
import type { RawPage } from "./raw.js";
import { page, termId } from "./read.js";
import type { Explanation, Page, Record, Rejected } from "./record.js";
import type { CallOptions, ProgressOptions, Remote } from "./rpc.js";
import { Handle } from "./handle.js";

interface Spec {
  readonly eq?: readonly (readonly [string, unknown])[];
  readonly within?: TermId;
  readonly rightUnder?: TermId;
  readonly newestFirst?: boolean;
  readonly limit?: number;
  readonly after?: string;
  readonly scan?: number;
}

/** What an iteration may be told. */
export interface IterateOptions extends CallOptions {
  /** Is told of each record that could not be used. Without it, an iteration over records throws at the first one. */
  readonly onRejected?: (rejected: Rejected) => void;
}

/**
 * A query. Each method answers with a new one; nothing is sent before it is read: `for await (const record of query)`,
 * `pages()`, `fetch()` or `all()`.
 */
export class Query<T> implements AsyncIterable<Record<T>> {
  readonly #remote: Remote;
  readonly #collection: number;
  readonly #spec: Spec;

  /** @internal */
  constructor(remote: Remote, collection: number, spec: Spec) {
    this.#remote = remote;
    this.#collection = collection;
    this.#spec = spec;
  }

  #with(more: Spec): Query<T> {
    return new Query<T>(this.#remote, this.#collection, { ...this.#spec, ...more });
  }

  /** Only records whose field at this JSON pointer has this value, or is an array that holds it. Several must all hold. */
  eq(field: string, value: string | number | boolean | null): Query<T> {
    return this.#with({ eq: [...(this.#spec.eq ?? []), [field, value]] });
  }

  /** Only records that are filed under a term or its descendants. */
  within(term: TermId): Query<T> {
    return this.#with({ within: termId(term) });
  }

  /** Only records that are filed under a term itself. */
  rightUnder(term: TermId): Query<T> {
    return this.#with({ rightUnder: termId(term) });
  }

  /** The records created last come first. */
  newestFirst(): Query<T> {
    return this.#with({ newestFirst: true });
  }

  /** How many records a page holds, 1 to 1,000; 100 if not said. */
  limit(limit: number): Query<T> {
    return this.#with({ limit });
  }

  /** Goes on where a page ended. */
  page(cursor: string): Query<T> {
    return this.#with({ after: cursor });
  }

  /** Allows conditions on fields without an index: this client then opens up to `records` records, and looks. */
  scan(records: number): Query<T> {
    return this.#with({ scan: records });
  }

  /** What the query sends and what the server learns from it. Sends nothing. */
  explain(): Promise<Explanation> {
    return this.#remote.call(this.#collection, "explain", this.#spec);
  }

  /** Reads one page. A record that cannot be used is no error: it is in `rejected`, with the reason. */
  async fetch(options: CallOptions = {}): Promise<Page<T>> {
    return page(await this.#remote.call<RawPage<T>>(this.#collection, "fetch", this.#spec, options));
  }

  /** Reads page after page. A record that comes twice is found out. */
  async *pages(options: CallOptions = {}): AsyncGenerator<Page<T>, void, undefined> {
    const opened = await this.#remote.call<number>(this.#collection, "pages", this.#spec, options);
    const walk = new Walk(this.#remote, opened);
    try {
      for (;;) {
        const next = await this.#remote.call<RawPage<T> | null>(walk.handle, "next", {}, options);
        if (next === null) return;
        yield page(next);
      }
    } finally {
      walk.release();
    }
  }

  /** Reads record after record, a page ahead of no one: what is not asked for is not fetched. */
  async *records({ signal, onRejected }: IterateOptions = {}): AsyncGenerator<Record<T>, void, undefined> {
    for await (const { records, rejected } of this.pages({ signal })) {
      for (const one of rejected) {
        if (onRejected === undefined) throw new PryvError(one.code, one.message, { kind: "distrust" });
        onRejected(one);
      }
      yield* records;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Record<T>, void, undefined> {
    return this.records();
  }

  /** Reads every page, and tells how many records there are by then. All of them are held in memory. */
  async all({ signal, onProgress }: ProgressOptions = {}): Promise<Page<T>> {
    const records: Record<T>[] = [];
    const rejected: Rejected[] = [];
    let overshoot = 0;
    for await (const next of this.pages({ signal })) {
      records.push(...next.records);
      rejected.push(...next.rejected);
      overshoot += next.overshoot;
      onProgress?.(records.length);
    }
    return { records, rejected, overshoot };
  }
}

class Walk extends Handle {}
