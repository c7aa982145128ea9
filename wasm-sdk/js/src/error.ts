/** The one error class. */

import type { Access } from "./access.js";
import type { Fault } from "./definition.js";
import type { RecordId, Uri } from "./ids.js";
import type { Record } from "./record.js";

/** What some errors say beside words. Which fields are there depends on the code. */
export interface ErrorDetails {
  /** `invalid-record`: where the content does not match its schema. */
  readonly faults?: readonly Fault[];
  /** `version-conflict`: what is there now; `deleted` if it was deleted, `unknown` if this account may not read it. */
  readonly theirs?: Record<unknown> | "deleted" | "unknown";
  /** `not-an-instance`, `missing-target` and the like: the field of the relation. */
  readonly field?: string;
  /** `referred-to`: the records that refer to the one that was to be deleted. */
  readonly by?: readonly Uri[];
  /** `invalid-record` of a deletion: the record that would not match its schema without its reference. */
  readonly record?: Uri;
  /** `createMany`: the records that were created before it stopped. Go on behind them. */
  readonly created?: readonly RecordId[];
  /** `createMany`: records of which it is not known whether they were created. `get` of one tells. */
  readonly inDoubt?: readonly RecordId[];
  /** `createMany`: the first record that is not known to be created, counted from zero. */
  readonly at?: number;
  /** `granted-onwards`: what the grantee had granted that is not over. */
  readonly accesses?: readonly Access[];
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfter?: number;
  /** The limit that was passed. */
  readonly limit?: number;
  /** The id of the request in the server's log, to report to its operator. */
  readonly request?: string;
}

/** What an error is about: what to do differs. */
export type ErrorKind =
  /** The network, or the server is down. */
  | "offline"
  /** The server said no. */
  | "refused"
  /** The server answered something that this client does not believe. Nothing of the answer was used. */
  | "distrust"
  /** The keys are not available: not granted, not yet, no longer, signed out. A state with a way out, not a fault. */
  | "locked"
  /** What was asked is not possible as asked; nothing was sent. */
  | "input"
  /** Of this machine: storage, WebAssembly, an aborted call. */
  | "local";

/**
 * What went wrong. `code` is stable and the same as in the Rust SDK; `message` is for people, in the SDK's own words (a
 * server's are never repeated); `next` says what to do, where that is known; `cause` is the error below.
 */
export class PryvError extends Error {
  override readonly name = "PryvError";
  /** The stable code, such as `offline`, `wrong-credentials`, `revoked`, `rolled-back`. */
  readonly code: string;
  /** What it is about. */
  readonly kind: ErrorKind;
  /** What to do next, in words. */
  readonly next: string | undefined;
  /** What some errors say beside words. */
  readonly details: ErrorDetails;

  constructor(code: string, message: string, options: {
    kind?: ErrorKind;
    next?: string | undefined;
    details?: ErrorDetails;
    cause?: unknown;
  } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = options.kind ?? "local";
    this.next = options.next;
    this.details = options.details ?? {};
  }
}
