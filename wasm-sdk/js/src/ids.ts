/** What names things. Ids are opaque strings; two things are the same if their ids are equal. */

/** Names a person, an app or a link: the hash of its first card. 52 characters. */
export type PrincipalId = string;
/** Names a collection or an ontology in its account. */
export type ScopeId = string;
/** Names a record in its collection, or a term in its ontology. */
export type RecordId = string;
/** Names an access. */
export type AccessId = string;
/** Names a session of an account. */
export type SessionId = string;
/** Names a device of an account. */
export type DeviceId = string;
/** A SHA-256 digest in text form. */
export type Digest = string;
/** A `pryv://` name: the same for everybody; it opens nothing by itself. */
export type Uri = string;
/** A principal's id in groups of four characters, for two people to compare aloud or side by side. */
export type Fingerprint = string;

/** What a grantee may do. `manage` also grants the same onwards. */
export type Level = "read" | "create-only" | "contribute" | "manage";

/** The algorithms that protect what is written: `hybrid` also withstands a later quantum computer, `light` is for small machines. */
export type Suite = "classic" | "hybrid" | "light";

/** Names a term, in its ontology. */
export interface TermId {
  readonly ontology: ScopeId;
  readonly term: RecordId;
}
