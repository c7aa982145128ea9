/** Records as a caller sees them. */

import type { Fault } from "./definition.js";
import type { AccessId, Digest, PrincipalId, RecordId, ScopeId, TermId, Uri } from "./ids.js";

/** A term that a record is filed under. */
export interface Filed extends TermId {
  /** Its writer held no key of the term: the term's readers do not see the record until the owner's client completes it. */
  readonly pending: boolean;
}

/** One version of a record, opened and verified. */
export interface Record<T> {
  readonly id: RecordId;
  /** One first, then one more each. */
  readonly version: number;
  /** Who wrote this version: proven by a signature. */
  readonly author: PrincipalId;
  /** The access that allowed the author to write; absent for the owner. */
  readonly access?: AccessId;
  /** When it was written, by the author's clock. */
  readonly writtenAt: Date;
  /** Where it does not match the schema of its collection; empty if it does. */
  readonly faults: readonly Fault[];
  /** The terms that it is filed under. */
  readonly terms: readonly Filed[];
  /** Whether it was put away: in clear, and signed by the author. */
  readonly trashed: boolean;
  /** Names this version: the digest of what was signed. */
  readonly digest: Digest;
  /** The content. */
  readonly data: T;
}

/** What names one version of a record, enough to write on top of it. A {@link Record} is one. */
export interface VersionRef {
  readonly id: RecordId;
  readonly version: number;
  readonly terms?: readonly TermId[];
  /** Whether it was put away: what is written on top of it, is then too. */
  readonly trashed?: boolean;
}

/** In which state the records are that a query asks for: not put away, put away, or either. */
export type State = "active" | "trashed" | "all";

/** A record that was deleted. Who deleted it, proves it by a signature. */
export interface Tombstone {
  readonly id: RecordId;
  /** The version of the deletion. */
  readonly version: number;
  /** Who deleted it. */
  readonly by: PrincipalId;
  /** The access that allowed it; absent for the owner. */
  readonly access?: AccessId;
  /** When, by the clock of whoever deleted it. */
  readonly at: Date;
}

/** Some deleted records, in the order in which they were created. */
export interface TombstonePage {
  readonly deleted: readonly Tombstone[];
  /** What could not be used, with the reason. */
  readonly rejected: readonly Rejected[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** A record that the server answered and that could not be used. Never dropped in silence. */
export interface Rejected {
  /** Which one, if it says so; not verified. */
  readonly record?: RecordId;
  /** The stable code of the reason. */
  readonly code: string;
  /** The reason, in words. */
  readonly message: string;
}

/** One page of records. */
export interface Page<T> {
  readonly records: readonly Record<T>[];
  /** What could not be used, with the reason. */
  readonly rejected: readonly Rejected[];
  /** How many records were opened and did not meet the conditions. */
  readonly overshoot: number;
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** One version of a record in its history. */
export type Version<T> =
  | { readonly deleted: false; readonly record: Record<T> }
  | { readonly deleted: true; readonly version: number; readonly at: Date; readonly by: PrincipalId };

/** The versions of a record, newest first. */
export interface Versions<T> {
  readonly versions: readonly Version<T>[];
  /** Whether they go back to the first one. */
  readonly complete: boolean;
}

/** What a deletion did beside deleting its record. */
export interface Deleted {
  /** Records that referred to it, or to one of these, and were deleted with it. */
  readonly cascaded: readonly Uri[];
  /** Records that referred to it and were written without the reference. */
  readonly detached: readonly Uri[];
  /** Records whose references lead nowhere from now on. */
  readonly dangling: readonly Uri[];
  /** Collections that may hold such records, and that this account does not see. */
  readonly hidden: readonly ScopeId[];
}

/** One reference: from one record by a field to another. */
export interface Edge {
  readonly from: Uri;
  /** The JSON pointer of the field. */
  readonly field: string;
  readonly to: Uri;
}

/** The records around one. */
export interface Neighbours<T = unknown> {
  /** The records, the nearest first, each once; `depth` is how many references lead there, in whichever direction. */
  readonly records: readonly { readonly uri: Uri; readonly depth: number; readonly record: Record<T> }[];
  /** The references by which they were found. */
  readonly references: readonly Edge[];
  /** References whose target is not there, was deleted, or may not be read. */
  readonly missing: readonly Edge[];
  /** Records that could not be used, with the reason. */
  readonly rejected: readonly Rejected[];
  /** Collections that may refer to these records, and that this account does not see, or that have no index to look by. */
  readonly hidden: readonly ScopeId[];
  /** Whether it ended at the limit, with more to be found. */
  readonly isCut: boolean;
}

/** What was found of the references of an account. */
export interface IntegrityReport {
  /** How many records were read. */
  readonly records: number;
  /** How many references they hold. */
  readonly references: number;
  /** Those that lead nowhere, or nowhere they may lead to. */
  readonly faults: readonly {
    readonly record: Uri;
    readonly field: string;
    readonly code: "missing-target" | "not-an-instance" | "other-cardinality" | "other-account" | "other-collection";
    readonly message: string;
    readonly target?: Uri;
  }[];
  /** Records that could not be read, with the reason. */
  readonly rejected: readonly Rejected[];
}

/** What a query sends, and what the server learns from it. */
export interface Explanation {
  /** The indexes that are used, by kind and fields, and how many tokens of each are sent. */
  readonly matched: readonly { readonly index: string; readonly tokens: number }[];
  /** The fields that only this client looks at. */
  readonly scanned: readonly string[];
  /** The field with a range index by which the records are ordered, if they are. */
  readonly orderedBy?: string;
  /** Whether the server can count the records that meet the conditions, without this client opening any. */
  readonly exact: boolean;
  /** All of it in words. */
  readonly text: string;
}

/** What the server has of one record: everything there is of it, as it stores it. */
export interface StoredRecord {
  /** The whole envelope, byte for byte. */
  readonly envelope: Uint8Array;
  /** The part of it that is the content, encrypted. */
  readonly ciphertext: Uint8Array;
  /** What stands in it in clear. */
  readonly clear: {
    readonly account: PrincipalId;
    readonly scope: ScopeId;
    readonly record: RecordId;
    readonly version: number;
    readonly kind: string;
    readonly epoch: number;
    readonly author: PrincipalId;
    readonly access?: AccessId;
    readonly writtenAt: Date;
    readonly commitment: string;
    readonly signature: string;
  };
  /** For whom its content key is wrapped: by the whole collection, or by a term. */
  readonly recipients: readonly {
    readonly scope: ScopeId;
    readonly term?: RecordId;
    readonly epoch: number;
    readonly kind: string;
    readonly wrapped: Uint8Array;
  }[];
  /**
   * Index tokens. Within one epoch, those of one index are equal where records share a value, a step of a range, a beginning, a word or
   * a field; those of `unique` occur once. Which index a token is of is not written beside it.
   */
  readonly tokens: readonly {
    readonly scope: ScopeId;
    readonly epoch: number;
    readonly kind: "index" | "unique";
    readonly token: string;
  }[];
}
