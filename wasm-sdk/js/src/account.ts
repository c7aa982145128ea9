/** `Account`: a principal that is signed in. Its keys stay in the worker. */

import type {
  Access, CreatedLink, Grant, GrantedAccess, NewLink, Receipt, RevokeOptions,
} from "./access.js";
import { Audit, type AuditFilter } from "./audit.js";
import { Collection, type Reindexed, type Rewrapped } from "./collection.js";
import { App, Contact } from "./contact.js";
import type { Definition } from "./definition.js";
import { described, type Description } from "./describe.js";
import type { PryvError } from "./error.js";
import { grantArgs, linkArgs } from "./grants.js";
import { Group, GroupContact, Membership, type ReceivedByGroups } from "./group.js";
import { Handle } from "./handle.js";
import type { AccessId, DeviceId, Fingerprint, PrincipalId, ScopeId, SessionId, Suite, TermId, Uri } from "./ids.js";
import { Ontology } from "./ontology.js";
import type { Query } from "./query.js";
import type { WireError } from "./protocol.js";
import type {
  RawAccess, RawAccount, RawCollection, RawDescription, RawContact, RawGrantedAccess, RawGroup, RawGroupContact, RawMembership, RawOntology, RawPage, RawReceipt, RawReceivedAccess, RawReceivedByGroups, RawResolved,
  RawSession, RawTerm,
} from "./raw.js";
import { access, grantedAccess, page, receipt, record } from "./read.js";
import { ReceivedAccess } from "./received.js";
import type { IntegrityReport, Page, Record } from "./record.js";
import { thrown, type CallOptions, type ProgressOptions, type Remote } from "./rpc.js";

/** A session of this account. */
export interface Session {
  readonly session: SessionId;
  readonly openedAt: Date;
  /** When its token ends. A device that holds the keys renews it. */
  readonly expiresAt: Date;
  /** Whether it is this one. */
  readonly current: boolean;
}

/** A device of the account: it opens sessions by a key of its own, and can be revoked alone. */
export interface Device {
  readonly id: DeviceId;
  /** What the person calls it; empty if it cannot be read. */
  readonly name: string;
  readonly addedAt: Date;
  /** Whether it is this one. */
  readonly current: boolean;
  /** Listed here for the first time, and not enrolled here: if the person did not add it either, somebody has the keys. Revoke it. */
  readonly new: boolean;
}

/** An enrolment that waits for a new device to come with its code. */
export class Enrolment extends Handle {
  /** To be typed on the new device: 12 characters in three groups. Valid for five minutes. */
  readonly code: string;

  /** @internal */
  constructor(remote: Remote, { handle, code }: { handle: number; code: string }) {
    super(remote, handle);
    this.code = code;
  }

  /** Waits for the new device, and makes it one of the account under this name. */
  finish(name: string, options: CallOptions = {}): Promise<DeviceId> {
    return this.remote.call(this.handle, "finish", { name }, options);
  }
}

/** The answer to one query of a batch. */
export type Answered<T> =
  | { readonly page: Page<T>; readonly error?: never }
  | { readonly error: PryvError; readonly page?: never };

/** What upkeep did. */
export interface Maintained {
  /** Collections that have new keys since an access to them expired or a manager ended one. */
  readonly begun: readonly { readonly scope: ScopeId; readonly epoch: number }[];
  /** How many records were opened to the readers of terms that their writers held no key of. */
  readonly completed: number;
}

/** How the state that another device has seen lies to what this one has seen, in one history. */
export type HeadOrder = "same" | "older" | "newer" | "gone";

/** What two devices find who compare heads. */
export interface Agreement {
  readonly changes: HeadOrder;
  readonly audit: HeadOrder;
}

/** Where both chains of an account stand, for another device of the same person to compare. */
export interface AccountHead {
  /** One word, `pryv-head:…`: send it by another way than through the server. */
  readonly text: string;
  readonly changes: number;
  readonly entries: number;
}

/** What a name leads to. */
export type Resolved =
  | { readonly kind: "principal"; readonly id: PrincipalId; readonly principal: "account" | "app" | "link" | (string & {}); readonly username?: string }
  | { readonly kind: "collection"; readonly collection: Collection }
  | { readonly kind: "instance"; readonly collection: Collection; readonly record: Record<unknown> }
  | { readonly kind: "access"; readonly access: Access };

/** Whether a session outlives the page. */
export type Stored =
  | { readonly stored: true }
  /** It lives as long as the page: the browser keeps nothing here (private mode, blocked storage). `storage-unavailable`. */
  | { readonly stored: false; readonly warning: PryvError };

/** A principal that is signed in. */
export class Account extends Handle {
  readonly id: PrincipalId;
  /** The public handle; empty for an app. */
  readonly username: string;
  /** The account's id, to compare with another person. */
  readonly fingerprint: Fingerprint;
  /** Its beginning as eight words, to compare aloud. */
  readonly words: string;
  readonly uri: Uri;

  /** @internal */
  constructor(remote: Remote, raw: RawAccount) {
    super(remote, raw.handle);
    ({ id: this.id, username: this.username, fingerprint: this.fingerprint, words: this.words, uri: this.uri } = raw);
  }

  #collection(raw: RawCollection): Collection {
    return new Collection(this.remote, raw);
  }

  // Collections and ontologies.

  /**
   * Makes the collection of a definition, or opens it if this account has made it already, on whichever device. With `suite`, under
   * other algorithms than `classic`: throws `different-suite` if there is one under others.
   */
  async define(definition: Definition, { suite, signal }: { readonly suite?: Suite } & CallOptions = {}): Promise<Collection> {
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "define", { definition, suite }, { signal }));
  }

  /** Opens a collection of this account by the URI of its definition. */
  async collection(uri: string, options: CallOptions = {}): Promise<Collection> {
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "collection", { uri }, options));
  }

  /** Opens every collection of this account. */
  async collections(options: CallOptions = {}): Promise<Collection[]> {
    const all = await this.remote.call<RawCollection[]>(this.handle, "collections", {}, options);
    return all.map((raw) => this.#collection(raw));
  }

  /**
   * Reads the first page of several queries in one round trip: one answer for each, in their order; what is wrong with one does not
   * touch the others. A query that is ordered by a field takes round trips of its own.
   */
  async batch<T = unknown>(queries: readonly Query<T>[], options: CallOptions = {}): Promise<Answered<T>[]> {
    const args = { queries: queries.map(({ asked }) => asked) };
    const answers = await this.remote.call<({ page: RawPage<T> } | { error: WireError })[]>(this.handle, "batch", args, options);
    return answers.map((one) => ("page" in one ? { page: page(one.page) } : { error: thrown(one.error) }));
  }

  /** Makes the ontology of a definition, or opens it if this account has made it already. */
  async defineOntology(definition: Definition, options: CallOptions = {}): Promise<Ontology> {
    return new Ontology(this.remote, await this.remote.call<RawOntology>(this.handle, "defineOntology", { definition }, options));
  }

  /** Opens an ontology of this account by the URI of its definition. */
  async ontology(uri: string, options: CallOptions = {}): Promise<Ontology> {
    return new Ontology(this.remote, await this.remote.call<RawOntology>(this.handle, "ontology", { uri }, options));
  }

  /** Opens every ontology of this account. */
  async ontologies(options: CallOptions = {}): Promise<Ontology[]> {
    const all = await this.remote.call<RawOntology[]>(this.handle, "ontologies", {}, options);
    return all.map((raw) => new Ontology(this.remote, raw));
  }

  /** Links a collection to one more ontology: its records may carry the ontology's terms from then on. */
  async linkOntology(collection: Collection, ontology: Ontology, options: CallOptions = {}): Promise<Collection> {
    const args = { collection: collection.handle, ontology: ontology.handle };
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "linkOntology", args, options));
  }

  /** The collection `events` with its ontology `streams`, made if there is none: what Pryv v1 knew. */
  async events(options: CallOptions = {}): Promise<Collection> {
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "events", {}, options));
  }

  /** The ontology `streams`, made if there is none. */
  async streams(options: CallOptions = {}): Promise<Ontology> {
    return new Ontology(this.remote, await this.remote.call<RawOntology>(this.handle, "streams", {}, options));
  }

  // Others.

  /** Finds somebody by username, and pins who that is at first contact. */
  async find(username: string, options: CallOptions = {}): Promise<Contact> {
    return new Contact(this.remote, await this.remote.call<RawContact>(this.handle, "find", { username }, options));
  }

  /** Pins a username to a fingerprint that the person has compared: beforehand, or after it changed. */
  async pin(username: string, fingerprint: Fingerprint): Promise<void> {
    await this.remote.call(this.handle, "pin", { username, fingerprint });
  }

  /** The username under which a principal was found and pinned, if it was. */
  async usernameOf(principal: PrincipalId): Promise<string | undefined> {
    return await this.remote.call<string | null>(this.handle, "usernameOf", { principal }) ?? undefined;
  }

  /** The collection in which an app keeps its own data in this account, made and granted to it if it has none. */
  async appData(app: App, options: CallOptions = {}): Promise<Collection> {
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "appData", { app: app.handle }, options));
  }

  /** As an app: the data that it keeps in somebody's account, once it was given room there. */
  async ownAppData(owner: PrincipalId, options: CallOptions = {}): Promise<Collection> {
    return this.#collection(await this.remote.call<RawCollection>(this.handle, "ownAppData", { owner }, options));
  }

  // Groups.

  /** Makes a group. Its title is read by its members. */
  async createGroup(title: string, options: CallOptions = {}): Promise<Group> {
    return new Group(this.remote, await this.remote.call<RawGroup>(this.handle, "createGroup", { title }, options));
  }

  /** The groups of this account. */
  async groups(options: CallOptions = {}): Promise<Group[]> {
    const all = await this.remote.call<RawGroup[]>(this.handle, "groups", {}, options);
    return all.map((raw) => new Group(this.remote, raw));
  }

  /** One group of this account, by its id. */
  async group(id: PrincipalId, options: CallOptions = {}): Promise<Group> {
    return new Group(this.remote, await this.remote.call<RawGroup>(this.handle, "group", { id }, options));
  }

  /** A group of somebody's, by its id, to grant something to. */
  async findGroup(id: PrincipalId, options: CallOptions = {}): Promise<GroupContact> {
    return new GroupContact(this.remote, await this.remote.call<RawGroupContact>(this.handle, "findGroup", { id }, options));
  }

  /** The groups of others that this account is or was a member of. */
  async memberships(options: CallOptions = {}): Promise<Membership[]> {
    const all = await this.remote.call<RawMembership[]>(this.handle, "memberships", {}, options);
    return all.map((raw) => new Membership(this.remote, raw));
  }

  /** What the groups received that this account is a member of now, and whose membership it has accepted. */
  async receivedByGroups(options: CallOptions = {}): Promise<ReceivedByGroups> {
    const { received, notAccepted, unopened } = await this.remote.call<RawReceivedByGroups>(this.handle, "receivedByGroups", {}, options);
    return {
      received: received.map((raw) => new ReceivedAccess(this.remote, raw)),
      notAccepted: notAccepted.map((raw) => new Membership(this.remote, raw)),
      unopened: unopened.map(({ membership, error }) => ({ membership: new Membership(this.remote, membership), error: thrown(error) })),
    };
  }

  // Accesses.

  /** Grants an access. */
  async grant(grant: Grant, options: CallOptions = {}): Promise<Access> {
    return access(await this.remote.call<RawAccess>(this.handle, "grant", grantArgs(grant), options));
  }

  /** An id for a grant that is still to be made. */
  newAccessId(): Promise<AccessId> {
    return this.remote.call(this.handle, "newAccessId");
  }

  /** The accesses to this account, oldest first, those that ended included. */
  async granted(options: CallOptions = {}): Promise<GrantedAccess[]> {
    return (await this.remote.call<RawGrantedAccess[]>(this.handle, "granted", {}, options)).map(grantedAccess);
  }

  /** The accesses that this account received, oldest first, those that ended included. */
  async received(options: CallOptions = {}): Promise<ReceivedAccess[]> {
    const all = await this.remote.call<RawReceivedAccess[]>(this.handle, "received", {}, options);
    return all.map((raw) => new ReceivedAccess(this.remote, raw));
  }

  /** Ends an access, with new keys for everything that it reached. Says afterwards what was achieved, and what was not. */
  async revoke(ends: AccessId | Access, { onwards, signal }: RevokeOptions & CallOptions = {}): Promise<Receipt> {
    const args = { access: typeof ends === "string" ? ends : ends.id, onwards };
    return receipt(await this.remote.call<RawReceipt>(this.handle, "revoke", args, { signal }));
  }

  /** Checks that the server still stands by a receipt. Throws `revocation-dropped` if it does not. */
  async verifyReceipt(of: Receipt | string, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "verifyReceipt", { receipt: typeof of === "string" ? of : of.json }, options);
  }

  /** Makes a link: whoever has its URL, and knows the password if there is one, opens what is granted, without an account. */
  createLink(link: NewLink, options: CallOptions = {}): Promise<CreatedLink> {
    return this.remote.call<{ access: RawAccess; uri: string; url: string }>(this.handle, "createLink", linkArgs(link), options)
      .then((made) => ({ ...made, access: access(made.access) }));
  }

  /** The links that this account made, oldest first, those that ended included. */
  async links(options: CallOptions = {}): Promise<GrantedAccess[]> {
    return (await this.remote.call<RawGrantedAccess[]>(this.handle, "links", {}, options)).map(grantedAccess);
  }

  // Looking after the account.

  /** Who reached this account, and what was read of it, when. */
  audit(filter: AuditFilter = {}): Audit {
    return new Audit(this.remote, this.handle, filter);
  }

  /** The audit as lines of JSON, from which anybody can recompute its chain. */
  async exportAudit(options: CallOptions = {}): Promise<string> {
    return this.remote.call(this.handle, "exportAudit", {}, options);
  }

  /** The open sessions of the account, oldest first. */
  async sessions(options: CallOptions = {}): Promise<Session[]> {
    const all = await this.remote.call<RawSession[]>(this.handle, "sessions", {}, options);
    return all.map((one) => ({ ...one, openedAt: new Date(one.openedAt), expiresAt: new Date(one.expiresAt) }));
  }

  /** Ends another session. A device that holds the keys can open a new one: change the password to keep it out. */
  async endSession(session: SessionId, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "endSession", { session }, options);
  }

  /** The devices of the account, oldest first. */
  async devices(options: CallOptions = {}): Promise<Device[]> {
    const all = await this.remote.call<(Omit<Device, "addedAt"> & { addedAt: number })[]>(this.handle, "devices", {}, options);
    return all.map((one) => ({ ...one, addedAt: new Date(one.addedAt) }));
  }

  /** Makes this machine a device of the account, with a key of its own. Does nothing if it is one. */
  addThisDevice(name: string, options: CallOptions = {}): Promise<DeviceId> {
    return this.remote.call(this.handle, "addThisDevice", { name }, options);
  }

  /** Gives a device another name. */
  async renameDevice(device: DeviceId, name: string, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "renameDevice", { device, name }, options);
  }

  /** Takes a device off the account: its copy of the secret and its sessions are deleted, and the secret is replaced. */
  revokeDevice(device: DeviceId, options: CallOptions = {}): Promise<Maintained> {
    return this.remote.call(this.handle, "revokeDevice", { device }, options);
  }

  /** Proves the present password, where `rotate` or `revokeDevice` ended in `new-password`: it was set elsewhere. */
  async confirmPassword(password: string, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "confirmPassword", { password }, options);
  }

  /** The scopes whose keys are still those of before a rotation: what `maintain` has left to do. */
  underReplacedKeys(options: CallOptions = {}): Promise<ScopeId[]> {
    return this.remote.call(this.handle, "underReplacedKeys", {}, options);
  }

  /**
   * Puts what an access could read before it ended under the keys that came with its end, for those who remain. Optional; safe to
   * interrupt and to repeat. Tells how many records were looked at.
   */
  rewrap(ended: AccessId | Access, options: ProgressOptions = {}): Promise<Rewrapped> {
    return this.remote.call(this.handle, "rewrap", { access: typeof ended === "string" ? ended : ended.id }, options);
  }

  /**
   * Indexes every record of every collection in the way of now, one collection after the other, and answers what was done where something
   * was to do. Safe to interrupt and to repeat.
   */
  async reindex(options: ProgressOptions = {}): Promise<{ readonly scope: ScopeId; readonly done: Reindexed }[]> {
    return this.remote.call(this.handle, "reindex", {}, options);
  }

  /** Reads every record of every collection that has relations, and reports each reference that leads nowhere. */
  checkReferences(options: ProgressOptions = {}): Promise<IntegrityReport> {
    return this.remote.call(this.handle, "checkReferences", {}, options);
  }

  /** Describes the account's own collections and ontologies: schemas, indexes, relations, numbers of records. */
  async describe(options: CallOptions = {}): Promise<Description> {
    return described(this.remote, await this.remote.call<RawDescription>(this.handle, "describe", {}, options));
  }

  /** The signed accesses of this account with their ends, as JSON: it proves itself, without a server (`pryv access verify`). */
  exportEvidence(options: CallOptions = {}): Promise<string> {
    return this.remote.call(this.handle, "exportEvidence", {}, options);
  }

  /** Replaces the account secret, and with it every key. Password and phrase stay the same. */
  rotate(options: CallOptions = {}): Promise<Maintained> {
    return this.remote.call(this.handle, "rotate", {}, options);
  }

  /** Begins an enrolment by code: show `code`, then wait with `finish`. */
  async enrolByCode(): Promise<Enrolment> {
    return new Enrolment(this.remote, await this.remote.call<{ handle: number; code: string }>(this.handle, "enrolByCode"));
  }

  /** Enrols a new device by the text that it shows to be scanned (`NewDevice.payload`). */
  enrolScanned(payload: string, name: string, options: CallOptions = {}): Promise<DeviceId> {
    return this.remote.call(this.handle, "enrolScanned", { payload, name }, options);
  }

  /** Sets another password, with the present one as a proof. Every other session of the account ends; the phrase stays. */
  async changePassword(password: string, newPassword: string, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "changePassword", { password, newPassword }, options);
  }

  /** Where the chains of this account stand, as this device has seen them. */
  head(options: CallOptions = {}): Promise<AccountHead> {
    return this.remote.call(this.handle, "head", {}, options);
  }

  /** Compares what another device of this account has seen. Throws `forked` or `rolled-back` if the histories differ. */
  compareHead(theirs: string, options: CallOptions = {}): Promise<Agreement> {
    return this.remote.call(this.handle, "compareHead", { theirs }, options);
  }

  /** Follows the chain of changes to its end; answers with how many there are. */
  verifyChanges(options: CallOptions = {}): Promise<number> {
    return this.remote.call(this.handle, "verifyChanges", {}, options);
  }

  /** Gives new keys to collections whose accesses expired, and the like: call it when a program starts. */
  async maintain(options: CallOptions = {}): Promise<Maintained> {
    return this.remote.call(this.handle, "maintain", {}, options);
  }

  /** Finds what a `pryv://` name leads to, of this account or of another that granted it. */
  async resolve(uri: Uri, options: CallOptions = {}): Promise<Resolved> {
    const raw = await this.remote.call<RawResolved>(this.handle, "resolve", { uri }, options);
    switch (raw.kind) {
      case "principal":
        return raw;
      case "access":
        return { kind: "access", access: access(raw.access) };
      case "collection":
        return { kind: "collection", collection: this.#collection(raw.collection) };
      case "instance":
        return { kind: "instance", collection: this.#collection(raw.collection), record: record(raw.record) };
    }
  }

  /** What the account says of itself, by path, such as `/email`. */
  readonly properties = {
    /** Reads a property; `undefined` if it was never set. */
    get: async (path: string, options: CallOptions = {}): Promise<unknown> =>
      (await this.remote.call<{ value?: unknown }>(this.handle, "property", { path }, options)).value,
    /** Sets a property. */
    set: async (path: string, value: unknown, options: CallOptions = {}): Promise<void> => {
      await this.remote.call(this.handle, "setProperty", { path, value }, options);
    },
    /** The term of a path: what a grant of a property is on. */
    term: async (path: string, options: CallOptions = {}): Promise<TermId> => {
      const { ontology, id } = await this.remote.call<RawTerm>(this.handle, "propertyTerm", { path }, options);
      return { ontology, term: id };
    },
    /** The collection that holds them: `{ term, level, within: [collection] }` grants a property. */
    collection: async (options: CallOptions = {}): Promise<Collection> =>
      this.#collection(await this.remote.call<RawCollection>(this.handle, "propertyCollection", {}, options)),
  } as const;

  // The session on this device.

  /**
   * Keeps the session in this browser: encrypted under a key that cannot be taken out of it. From then on what was seen of
   * the server is kept as well, so that an older state is found out after a reload. `client.resume()` takes it up.
   */
  async store(): Promise<Stored> {
    const { warning } = await this.remote.call<{ warning?: WireError }>(this.handle, "store");
    return warning === undefined ? { stored: true } : { stored: false, warning: thrown(warning) };
  }

  /** Ends the session, here and at the server, and wipes what this browser keeps of it. */
  async logOut(options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "logOut", {}, options);
  }
}
