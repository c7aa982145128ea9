/** Accesses: who may do what with which collections, until when; and what is left when one ends. */

import type { App, Contact } from "./contact.js";
import type { Collection } from "./collection.js";
import type { AccessId, Digest, Level, PrincipalId, RecordId, ScopeId, TermId, Uri } from "./ids.js";
import type { GroupContact } from "./group.js";
import type { Ontology } from "./ontology.js";

/** A part of an ontology that is granted, with what it opens. */
export interface Slice {
  readonly ontology: ScopeId;
  /** The term; absent: the whole ontology. */
  readonly term?: RecordId;
  /** In which collections it opens what is filed under the term. */
  readonly data: "none" | "every" | readonly ScopeId[];
  /** Whether it lets the labels be read. */
  readonly labels: boolean;
}

/** One collection of an access, or one part of an ontology. */
export interface Scoped {
  readonly scope: ScopeId;
  readonly level: Level;
  readonly slice?: Slice;
  /** The group, if the scope is that of its members: the access is a membership. */
  readonly group?: PrincipalId;
  /** The first epoch that the grantee is shown: zero is with history. */
  readonly fromEpoch: number;
}

export type AccessStatus = "not-yet-valid" | "active" | "expired" | "revoked";

/** An access, proven by the signatures of who granted it. */
export interface Access {
  readonly id: AccessId;
  readonly uri: Uri;
  /** Whose collections it is on. */
  readonly account: PrincipalId;
  /** Who granted it: the owner, or a manager. */
  readonly grantor: PrincipalId;
  /** The manager's own access, if a manager granted it. */
  readonly by?: AccessId;
  /** Who holds it. */
  readonly grantee: PrincipalId;
  readonly name: string;
  readonly purpose: string;
  /** The grantor sealed something else than a name and a purpose, which are empty then. */
  readonly unreadable: boolean;
  readonly scopes: readonly Scoped[];
  /** Not before; absent: at once. */
  readonly validFrom?: Date;
  /** Not at or after; absent: until revoked. */
  readonly validUntil?: Date;
  /** The hash of the terms that were shown. */
  readonly terms?: Digest;
  /** Of a link: how many sessions it opens; absent: any number. */
  readonly maxUses?: number;
  /** When it was signed, by the grantor's clock. */
  readonly signedAt: Date;
  /** What it is now, by this machine's clock. */
  readonly status: AccessStatus;
  /** When it was revoked, by the grantor's clock. */
  readonly revokedAt?: Date;
  /** Who ended it: the owner, the manager who granted it, or its holder (`grantee`), who left. */
  readonly revokedBy?: PrincipalId;
  /** The signed grant: evidence to keep. */
  readonly statement: Uint8Array;
  /** The signed end, once revoked: evidence to keep. */
  readonly revocation?: Uint8Array;
}

/** Which keys the server says it gave for an access, and when: its word. */
export interface Served {
  readonly scope: ScopeId;
  readonly epoch: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** An access that this account granted. */
export interface GrantedAccess extends Access {
  readonly served: readonly Served[];
  /** How often the server says that it was used, if it is a link. */
  readonly uses?: number;
}

/** What is granted: a level on a collection, or on what is filed under a term. */
export type GrantOn =
  | { readonly collection: Collection; readonly level: Level }
  | {
      /** The term with its descendants; or all of an ontology. */
      readonly term: TermId | Ontology;
      readonly level: Level;
      /** Only in these collections; absent: in every one that is linked to the ontology, now and later. */
      readonly within?: readonly Collection[];
      /** Whether labels may be read: yes if not said. */
      readonly labels?: boolean;
      /** `true`: the terms themselves, and nothing that is filed under them. */
      readonly structure?: boolean;
    };

/** Why and until when. */
export interface GrantTerms {
  /** What the access is called. Only grantor and grantee read it. */
  readonly name?: string;
  /** What it is for. Only grantor and grantee read it. */
  readonly purpose?: string;
  /** Not before. */
  readonly from?: Date;
  /** Not at or after. */
  readonly until?: Date;
  /** The hash of the terms that were shown to whoever agreed. */
  readonly terms?: Digest;
  /** Only what is written from now on. */
  readonly withoutHistory?: boolean;
  /** An id of `account.newAccessId()` that was kept, so that the same grant is not made twice. */
  readonly id?: AccessId;
}

/** A grant to be made: who, what, why, until when. */
export interface Grant extends GrantTerms {
  readonly to: Contact | App | GroupContact;
  readonly on: GrantOn | readonly GrantOn[];
}

/** A link to be made: whoever has its URL opens what is granted. */
export interface NewLink extends GrantTerms {
  /** `read` or `create-only`. */
  readonly on: GrantOn | readonly GrantOn[];
  /** How many sessions it opens. The server counts: a dishonest one counts as it likes. */
  readonly uses?: number;
  /** Without this password, the URL opens nothing. It travels by another way than the URL. */
  readonly password?: string;
}

/** A link that was made. */
export interface CreatedLink {
  /** What it opens. Revoking it ends the link. */
  readonly access: Access;
  /** The `pryv://` form, **with the key**: kept nowhere, and cannot be shown again. */
  readonly uri: string;
  /** The link as a web address, **with the key** behind the `#`, which no browser sends. */
  readonly url: string;
}

/** What a link says of itself, without its key. */
export interface LinkInfo {
  readonly account: PrincipalId;
  readonly access: AccessId;
  readonly needsPassword: boolean;
  /** The server that the link names; absent in the `pryv://` form. */
  readonly server?: string;
}

/** What became of one scope of an access that ended. */
export interface ScopeReceipt {
  readonly scope: ScopeId;
  readonly level: Level;
  /** The first epoch whose keys the grantee is not given by this access. */
  readonly closedFrom: number;
  readonly written: readonly { readonly epoch: number; readonly from: Date; readonly until: Date }[];
  /** Epochs whose keys the server says it gave to the grantee. */
  readonly served: readonly { readonly epoch: number; readonly firstAt: Date; readonly lastAt: Date }[];
  /** Epochs whose keys the server says it never gave. */
  readonly neverServed: readonly number[];
  /** Other accesses of the same grantee that still read the scope. */
  readonly stillReadBy: readonly AccessId[];
  /** Accesses of other people's groups that read the scope: the grantee reads on if it is a member of one. */
  readonly groupsReadBy: readonly AccessId[];
}

/** What a revocation achieved, as far as this client can know, and what it cannot achieve. Keep `json`. */
export interface Receipt {
  readonly access: AccessId;
  readonly grantee: PrincipalId;
  readonly name: string;
  /** Its number in the account's chain of changes. */
  readonly sequence: number;
  readonly endedAt: Date;
  readonly scopes: readonly ScopeReceipt[];
  /** A manager ended the access: new keys are the owner's to make, and are not made yet. */
  readonly awaitsOwner: boolean;
  /** The access that the owner gave to the same grantee instead, in the same change. */
  readonly adoptedAs?: AccessId;
  /** What had been granted onwards, and ended with it. */
  readonly below: readonly Receipt[];
  /** All of it in plain words. */
  readonly text: string;
  /** The receipt to keep; `account.verifyReceipt(json)` checks later that the server still stands by it. */
  readonly json: string;
}

/** What somebody achieved who left an access that it held, and what not. Keep `json`: it holds the signed end. */
export interface LeaveReceipt {
  readonly access: AccessId;
  /** Whose collections it was on. */
  readonly account: PrincipalId;
  readonly grantor: PrincipalId;
  readonly name: string;
  /** The group of which its holder is no member any more. */
  readonly membershipOf?: PrincipalId;
  /** Its number in the owner's chain of changes. */
  readonly sequence: number;
  readonly endedAt: Date;
  /** All of it in plain words. */
  readonly text: string;
  /** The receipt to keep. */
  readonly json: string;
}

/** What becomes of what a grantee had granted onwards. */
export interface RevokeOptions {
  /** `cascade`: it ends as well; `adopt`: it goes on as the owner's own. */
  readonly onwards?: "cascade" | "adopt";
}
