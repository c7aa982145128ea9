/** Makes of what the worker answers what the page sees: dates, bytes. */

import type { Access, GrantedAccess, LeaveReceipt, Receipt, ScopeReceipt } from "./access.js";
import type { AuditEntry } from "./audit.js";
import type { ErrorDetails } from "./error.js";
import type { TermId } from "./ids.js";
import type {
  RawAccess, RawAuditEntry, RawGrantedAccess, RawLeaveReceipt, RawPage, RawReceipt, RawRecord, RawScopeReceipt, RawStoredRecord, RawVersion,
  RawVersions,
} from "./raw.js";
import type { Page, Record, StoredRecord, Version, Versions } from "./record.js";

/** The bytes of base64url without padding. */
export function bytes(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** Base64url without padding. */
export function text(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function record<T>(raw: RawRecord<T>): Record<T> {
  return { ...raw, writtenAt: new Date(raw.writtenAt) };
}

export function page<T>(raw: RawPage<T>): Page<T> {
  return { ...raw, records: raw.records.map(record) };
}

export function versions<T>({ versions, complete }: RawVersions<T>): Versions<T> {
  return {
    complete,
    versions: versions.map(version),
  };
}

export function version<T>(raw: RawVersion<T>): Version<T> {
  return "record" in raw
    ? { deleted: false, record: record(raw.record) }
    : { deleted: true, version: raw.deleted, at: new Date(raw.at), by: raw.by };
}

export function storedRecord(raw: RawStoredRecord): StoredRecord {
  return {
    envelope: bytes(raw.envelope),
    ciphertext: bytes(raw.ciphertext),
    clear: { ...raw.clear, writtenAt: new Date(raw.clear.writtenAt) },
    recipients: raw.recipients.map((one) => ({ ...one, wrapped: bytes(one.wrapped) })),
    tokens: raw.tokens,
  };
}

export function access(raw: RawAccess): Access {
  const { validFrom, validUntil, revokedAt, revocation, statement, signedAt, ...rest } = raw;
  return {
    ...rest,
    ...(validFrom !== undefined && { validFrom: new Date(validFrom) }),
    ...(validUntil !== undefined && { validUntil: new Date(validUntil) }),
    ...(revokedAt !== undefined && { revokedAt: new Date(revokedAt) }),
    ...(revocation !== undefined && { revocation: bytes(revocation) }),
    signedAt: new Date(signedAt),
    statement: bytes(statement),
  };
}

export function grantedAccess({ served, uses, ...raw }: RawGrantedAccess): GrantedAccess {
  return {
    ...access(raw),
    served: served.map((one) => ({ ...one, firstAt: new Date(one.firstAt), lastAt: new Date(one.lastAt) })),
    ...(uses !== undefined && { uses }),
  };
}

export function receipt(raw: RawReceipt): Receipt {
  return { ...raw, endedAt: new Date(raw.endedAt), scopes: raw.scopes.map(scopeReceipt), below: raw.below.map(receipt) };
}

export function leaveReceipt(raw: RawLeaveReceipt): LeaveReceipt {
  return { ...raw, endedAt: new Date(raw.endedAt) };
}

function scopeReceipt({ written, served, ...raw }: RawScopeReceipt): ScopeReceipt {
  return {
    ...raw,
    written: written.map(({ epoch, from, until }) => ({ epoch, from: new Date(from), until: new Date(until) })),
    served: served.map(({ epoch, firstAt, lastAt }) => ({ epoch, firstAt: new Date(firstAt), lastAt: new Date(lastAt) })),
  };
}

export function auditEntry(raw: RawAuditEntry): AuditEntry {
  return { ...raw, at: new Date(raw.at) };
}

export function termId({ ontology, term }: TermId): TermId {
  return { ontology, term };
}

export function detailsOf(details: { readonly [name: string]: unknown }): ErrorDetails {
  const { theirs, accesses, ...rest } = details;
  return {
    ...rest,
    ...(theirs !== undefined && {
      theirs: typeof theirs === "string" ? theirs as "deleted" | "unknown" : record(theirs as RawRecord<unknown>),
    }),
    ...(Array.isArray(accesses) && { accesses: accesses.map(access) }),
  };
}
