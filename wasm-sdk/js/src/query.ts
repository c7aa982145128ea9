/** Queries: planned before anything is sent, checked again after everything was opened. */

import type { Condition, Scalar } from "./condition.js";
import { PryvError } from "./error.js";
import type { TermId } from "./ids.js";
import type { RawPage, RawRecord } from "./raw.js";
import { page, record, termId } from "./read.js";
import type { Explanation, Page, Record, Rejected, State } from "./record.js";
import type { CallOptions, ProgressOptions, Remote } from "./rpc.js";
import { Handle } from "./handle.js";

interface Spec {
  readonly filter?: readonly Condition[];
  readonly types?: readonly string[];
  readonly state?: State;
  readonly within?: TermId;
  readonly rightUnder?: TermId;
  readonly order?: "newestFirst" | { readonly by: string; readonly descending: boolean };
  readonly select?: readonly string[];
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
  // Kept, and not its number alone: a collection that nobody keeps is let go of by the worker.
  readonly #of: Handle;
  readonly #spec: Spec;

  /** @internal */
  constructor(of: Handle, spec: Spec) {
    this.#of = of;
    this.#spec = spec;
  }

  get #remote(): Remote {
    return this.#of.remote;
  }

  get #collection(): number {
    return this.#of.handle;
  }

  #with(more: Spec): Query<T> {
    return new Query<T>(this.#of, { ...this.#spec, ...more });
  }

  /** @internal What is asked, as one of several. */
  get asked(): object {
    return { ...this.#spec, collection: this.#collection };
  }

  /** Only records whose field at this JSON pointer has this value, or is an array that holds it: short for `filter({ field, is: value })`. */
  eq(field: string, value: Scalar): Query<T> {
    return this.filter({ field, is: value });
  }

  /** Only records that meet this condition, and those that were given before. */
  filter(condition: Condition): Query<T> {
    return this.#with({ filter: [...(this.#spec.filter ?? []), condition] });
  }

  /** Only records of these types of the definition, or of those that were named so before. */
  ofType(...types: readonly string[]): Query<T> {
    return this.#with({ types: [...(this.#spec.types ?? []), ...types] });
  }

  /** Only records in this state; `active` if not said: what was put away is left out. */
  state(state: State): Query<T> {
    return this.#with({ state });
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
    return this.#with({ order: "newestFirst" });
  }

  /**
   * The smallest value of a field with a range index comes first. Records without the field are left out; of an array its smallest
   * element counts, of those that the conditions let through.
   */
  ascending(field: string): Query<T> {
    return this.#with({ order: { by: field, descending: false } });
  }

  /** The largest value of a field with a range index comes first; otherwise as {@link Query.ascending}. */
  descending(field: string): Query<T> {
    return this.#with({ order: { by: field, descending: true } });
  }

  /**
   * Of each record only these fields (JSON pointers), in their places. Every record is opened and checked as a whole; what is not
   * selected is dropped in the worker.
   */
  select<S = Partial<T>>(fields: readonly string[]): Query<S> {
    return new Query<S>(this.#of, { ...this.#spec, select: fields });
  }

  /** How many records a page holds, 1 to 1,000; 100 if not said. */
  limit(limit: number): Query<T> {
    return this.#with({ limit });
  }

  /** Goes on where a page ended. */
  page(cursor: string): Query<T> {
    return this.#with({ after: cursor });
  }

  /** Allows conditions that no index answers, and records that are not indexed yet: this client then opens up to `records` records, and looks. */
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

  /** Reads the first record; `undefined` if there is none. Throws if it cannot be used. */
  async first(options: CallOptions = {}): Promise<Record<T> | undefined> {
    const found = await this.#remote.call<RawRecord<T> | null>(this.#collection, "first", this.#spec, options);
    return found === null ? undefined : record(found);
  }

  /**
   * How many records meet the conditions, whatever limit, order and cursor. What the server finds by exact tokens it counts, and nobody
   * checks it; the rest is opened and counted here. `all()` counts what is proven.
   */
  count(options: CallOptions = {}): Promise<number> {
    return this.#remote.call(this.#collection, "count", this.#spec, options);
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
