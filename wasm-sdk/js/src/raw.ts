/** What the worker answers, before {@link file://./read.ts} makes dates, bytes and handles of it. Times are milliseconds. */

import type { AccessStatus, ScopeReceipt, Scoped } from "./access.js";
import type { Definition, Fault, Leakage } from "./definition.js";
import type { AccessId, Digest, Fingerprint, Level, PrincipalId, RecordId, ScopeId, SessionId, Suite, Uri } from "./ids.js";
import type { Code } from "./ontology.js";
import type { WireError } from "./protocol.js";
import type { Filed, Neighbours, Rejected, StoredRecord } from "./record.js";

export interface RawContact {
  handle: number;
  id: PrincipalId;
  username: string;
  fingerprint: Fingerprint;
  words: string;
}

export interface RawApp {
  handle: number;
  id: PrincipalId;
  fingerprint: Fingerprint;
  name: string;
  publisher: string;
  redirectUris: string[];
  permissions: { uri: string; level: Level }[];
}

export interface RawAccount {
  handle: number;
  id: PrincipalId;
  username: string;
  fingerprint: Fingerprint;
  words: string;
  uri: Uri;
}

export interface RawCollection {
  handle: number;
  scope: ScopeId;
  owner: PrincipalId;
  uri: Uri;
  access?: AccessId;
  level?: Level;
  definition: Definition;
  epochs: number;
  suite: Suite;
}

export interface RawRotated {
  epoch: number;
  generation?: number;
  suite: Suite;
  collection: RawCollection;
}

export interface RawGroup {
  handle: number;
  id: PrincipalId;
  uri: Uri;
  scope: ScopeId;
  title: string;
  removalsLeft: number;
}

export interface RawGroupContact {
  handle: number;
  id: PrincipalId;
  account: PrincipalId;
  fingerprint: Fingerprint;
}

export interface RawMembership {
  handle: number;
  group: PrincipalId;
  accepted: boolean;
  access: RawAccess;
}

export interface RawReceivedByGroups {
  received: RawReceivedAccess[];
  notAccepted: RawMembership[];
  unopened: { membership: RawMembership; error: WireError }[];
}

export interface RawOntology {
  handle: number;
  scope: ScopeId;
  owner: PrincipalId;
  uri: string;
  access?: AccessId;
  level?: Level;
  definition: Definition;
}

export interface RawTerm {
  id: RecordId;
  ontology: ScopeId;
  parent?: RecordId;
  label: string;
  codes: Code[];
  inherit: boolean;
  trashed: boolean;
  merged: boolean;
  data?: unknown;
  version: number;
}

export interface RawRecord<T> {
  id: RecordId;
  version: number;
  author: PrincipalId;
  access?: AccessId;
  writtenAt: number;
  faults: Fault[];
  terms: Filed[];
  trashed: boolean;
  digest: Digest;
  data: T;
}

export type RawNeighbours<T> = Omit<Neighbours<T>, "records"> & {
  records: { uri: Uri; depth: number; record: RawRecord<T> }[];
};

export interface RawDescription {
  collections: { collection: RawCollection; records?: number; exact?: boolean; leakage: Leakage[] }[];
  ontologies: RawOntology[];
}

export interface RawPage<T> {
  records: RawRecord<T>[];
  rejected: Rejected[];
  overshoot: number;
  next?: string;
}

export interface RawTombstonePage {
  deleted: { id: RecordId; version: number; by: PrincipalId; access?: AccessId; at: number }[];
  rejected: Rejected[];
  next?: string;
}

export type RawVersion<T> = { record: RawRecord<T> } | { deleted: number; at: number; by: PrincipalId };

export interface RawVersions<T> {
  versions: RawVersion<T>[];
  complete: boolean;
}

export interface RawStoredRecord {
  envelope: string;
  ciphertext: string;
  clear: Omit<StoredRecord["clear"], "writtenAt"> & { writtenAt: number };
  recipients: (Omit<StoredRecord["recipients"][number], "wrapped"> & { wrapped: string })[];
  tokens: StoredRecord["tokens"];
}

export interface RawAccess {
  id: AccessId;
  uri: Uri;
  account: PrincipalId;
  grantor: PrincipalId;
  by?: AccessId;
  grantee: PrincipalId;
  name: string;
  purpose: string;
  unreadable: boolean;
  scopes: Scoped[];
  validFrom?: number;
  validUntil?: number;
  terms?: Digest;
  maxUses?: number;
  signedAt: number;
  status: AccessStatus;
  revokedAt?: number;
  revokedBy?: PrincipalId;
  statement: string;
  revocation?: string;
}

export interface RawGrantedAccess extends RawAccess {
  served: { scope: ScopeId; epoch: number; firstAt: number; lastAt: number }[];
  uses?: number;
}

export interface RawReceivedAccess extends RawAccess {
  throughGroup?: PrincipalId;
  handle: number;
  onTerms: { ontology: ScopeId; term: RecordId }[];
}

export interface RawReceipt {
  access: AccessId;
  grantee: PrincipalId;
  name: string;
  sequence: number;
  endedAt: number;
  scopes: RawScopeReceipt[];
  awaitsOwner: boolean;
  adoptedAs?: AccessId;
  below: RawReceipt[];
  text: string;
  json: string;
}

export interface RawLeaveReceipt {
  access: AccessId;
  account: PrincipalId;
  grantor: PrincipalId;
  name: string;
  membershipOf?: PrincipalId;
  sequence: number;
  endedAt: number;
  text: string;
  json: string;
}

export type RawScopeReceipt = Omit<ScopeReceipt, "written" | "served"> & {
  written: { epoch: number; from: number; until: number }[];
  served: { epoch: number; firstAt: number; lastAt: number }[];
};

export interface RawSession {
  session: SessionId;
  openedAt: number;
  expiresAt: number;
  current: boolean;
}

export interface RawAuditEntry {
  sequence: number;
  at: number;
  principal: PrincipalId;
  access?: AccessId;
  session?: SessionId;
  act: string;
  scopes: ScopeId[];
  records: number;
}

export type RawResolved =
  | { kind: "principal"; id: PrincipalId; principal: string; username?: string }
  | { kind: "collection"; collection: RawCollection }
  | { kind: "instance"; collection: RawCollection; record: RawRecord<unknown> }
  | { kind: "access"; access: RawAccess };

