/** Everything that is public, whatever the platform. */

export * from "./access.js";
export { Account, Enrolment } from "./account.js";
export type { AccountHead, Agreement, Answered, Device, Maintained, HeadOrder, Resolved, Session, Stored } from "./account.js";
export { Audit } from "./audit.js";
export type { Act, AuditEntry, AuditFilter, AuditLog } from "./audit.js";
export { Client, NewDevice } from "./client.js";
export type { ConnectOptions, SignedUp, StoredAccount } from "./client.js";
export { Collection } from "./collection.js";
export type { CreateOptions, Reindexed, RelatedOptions, Rewrapped, Rotated, Upserted } from "./collection.js";
export type * from "./condition.js";
export { App, Contact } from "./contact.js";
export type { AppManifest } from "./contact.js";
export * from "./definition.js";
export type { DescribedCollection, Description } from "./describe.js";
export { PryvError } from "./error.js";
export type { ErrorDetails, ErrorKind } from "./error.js";
export { Group, GroupContact, Membership } from "./group.js";
export type { ReceivedByGroups } from "./group.js";
export { Handle } from "./handle.js";
export * from "./ids.js";
export { Ontology, Terms } from "./ontology.js";
export type { Code, Term, TermContent } from "./ontology.js";
export { Query } from "./query.js";
export type { IterateOptions } from "./query.js";
export { OpenedLink, ReceivedAccess } from "./received.js";
export type * from "./record.js";
export type { CallOptions, OnProgress, ProgressOptions } from "./rpc.js";
