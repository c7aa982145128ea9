/** The audit of an account: who reached it, and what was read of it, when. */

import { Handle } from "./handle.js";
import type { AccessId, PrincipalId, ScopeId, SessionId } from "./ids.js";
import type { RawAuditEntry } from "./raw.js";
import { auditEntry } from "./read.js";
import type { CallOptions, Remote } from "./rpc.js";

/** What was done. */
export type Act =
  | "sign-up" | "login" | "recovery" | "session" | "open-scope" | "get-record" | "query-records" | "read-history" | "read-terms";

/** One entry. */
export interface AuditEntry {
  /** Its number: one first, then one more each. */
  readonly sequence: number;
  /** When, by the server's clock. */
  readonly at: Date;
  /** Who. */
  readonly principal: PrincipalId;
  /** The access that allowed it; absent for the owner. */
  readonly access?: AccessId;
  /** The session, if it is the owner's. */
  readonly session?: SessionId;
  readonly act: Act | (string & {});
  readonly scopes: readonly ScopeId[];
  /** How many records, terms or versions were given. */
  readonly records: number;
}

/** What to look for. */
export interface AuditFilter {
  readonly by?: PrincipalId;
  readonly access?: AccessId;
  readonly scope?: ScopeId;
  /** Not before. */
  readonly from?: Date;
  /** Not at or after. */
  readonly until?: Date;
  /** Lets the server choose what meets the conditions: fewer bytes, and its word that nothing else met them. */
  readonly trustServerFilter?: boolean;
}

/** Entries, and what is known of the rest. */
export interface AuditLog {
  /** Those that meet the conditions, oldest first. */
  readonly entries: readonly AuditEntry[];
  /** How many of the first entries the server has removed, their time being over. */
  readonly removed: number;
}

/** A question to the audit: `for await (const entry of account.audit({ … }))`, or `entries()`. Oldest first. */
export class Audit implements AsyncIterable<AuditEntry> {
  readonly #remote: Remote;
  readonly #account: number;
  readonly #filter: AuditFilter;

  /** @internal */
  constructor(remote: Remote, account: number, filter: AuditFilter) {
    this.#remote = remote;
    this.#account = account;
    this.#filter = filter;
  }

  /** Reads page after page, each recomputed as it is read; a page may be empty. */
  async *pages(options: CallOptions = {}): AsyncGenerator<AuditLog, void, undefined> {
    const { from, until, ...filter } = this.#filter;
    const args = { ...filter, from: from?.getTime(), until: until?.getTime() };
    const walk = new Walk(this.#remote, await this.#remote.call<number>(this.#account, "audit", args, options));
    try {
      for (;;) {
        const next = await this.#remote.call<{ entries: RawAuditEntry[]; removed: number } | null>(walk.handle, "next", {}, options);
        if (next === null) return;
        yield { entries: next.entries.map(auditEntry), removed: next.removed };
      }
    } finally {
      walk.release();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AuditEntry, void, undefined> {
    for await (const { entries } of this.pages()) yield* entries;
  }

  /** Every entry that meets the conditions. */
  async entries(options: CallOptions = {}): Promise<AuditLog> {
    const entries: AuditEntry[] = [];
    let removed = 0;
    for await (const page of this.pages(options)) {
      entries.push(...page.entries);
      ({ removed } = page);
    }
    return { entries, removed };
  }
}

class Walk extends Handle {}
