/** Accesses that this account received, and links that were opened. */

import type { Access, Grant, LeaveReceipt, Receipt } from "./access.js";
import { Collection } from "./collection.js";
import { described, type Description } from "./describe.js";
import { grantArgs } from "./grants.js";
import { Handle } from "./handle.js";
import type { AccessId, PrincipalId, ScopeId, TermId } from "./ids.js";
import { Ontology } from "./ontology.js";
import type { RawAccess, RawCollection, RawDescription, RawLeaveReceipt, RawOntology, RawReceipt, RawReceivedAccess } from "./raw.js";
import { access, leaveReceipt, receipt } from "./read.js";
import type { CallOptions, Remote } from "./rpc.js";

/** An access that this account received: what it says, and the doors that it opens. */
export class ReceivedAccess extends Handle {
  /** Who granted what, until when. */
  readonly access: Access;
  /** The terms that the access is on, with everything under them. */
  readonly terms: readonly TermId[];
  /** The group that received it, if it is not this account's own. */
  readonly throughGroup: PrincipalId | undefined;

  /** @internal */
  constructor(remote: Remote, { handle, onTerms, throughGroup, ...raw }: RawReceivedAccess) {
    super(remote, handle);
    this.access = access(raw);
    this.terms = onTerms;
    this.throughGroup = throughGroup;
  }

  /** Opens one collection, with the same API as one's own. About 45 ms for each epoch to be read, in the worker. */
  async open(scope: ScopeId, options: CallOptions = {}): Promise<Collection> {
    return new Collection(this.remote, await this.remote.call<RawCollection>(this.handle, "open", { scope }, options));
  }

  /** Opens every collection of the access. */
  async collections(options: CallOptions = {}): Promise<Collection[]> {
    const all = await this.remote.call<RawCollection[]>(this.handle, "collections", {}, options);
    return all.map((raw) => new Collection(this.remote, raw));
  }

  /** Opens every ontology of the access whose labels it lets be read. */
  async ontologies(options: CallOptions = {}): Promise<Ontology[]> {
    const all = await this.remote.call<RawOntology[]>(this.handle, "ontologies", {}, options);
    return all.map((raw) => new Ontology(this.remote, raw));
  }

  /** Describes what the access opens, and nothing else of the account: schemas, indexes, relations, numbers of records. */
  async describe(options: CallOptions = {}): Promise<Description> {
    return described(this.remote, await this.remote.call<RawDescription>(this.handle, "describe", {}, options));
  }

  /** As a manager: grants onwards, within this access. */
  async grant(grant: Grant, options: CallOptions = {}): Promise<Access> {
    return access(await this.remote.call<RawAccess>(this.handle, "grant", grantArgs(grant), options));
  }

  /** As a manager: what was granted onwards by this access, what has ended included. */
  async granted(options: CallOptions = {}): Promise<Access[]> {
    return (await this.remote.call<RawAccess[]>(this.handle, "granted", {}, options)).map(access);
  }

  /** As a manager: ends what was granted onwards. New keys are the owner's to make; the receipt says so. */
  async revoke(ends: AccessId | Access, options: CallOptions = {}): Promise<Receipt> {
    const id = typeof ends === "string" ? ends : ends.id;
    return receipt(await this.remote.call<RawReceipt>(this.handle, "revoke", { access: id }, options));
  }

  /**
   * Ends this access from the side of who holds it; a membership of a group too. The server serves nothing by it any longer; new
   * keys are the owner's to make, and the receipt says so. Throws `still-grants` while what was granted onwards by it goes on,
   * `held-by-group` if a group received it: leave the group by its membership.
   */
  async leave(options: CallOptions = {}): Promise<LeaveReceipt> {
    return leaveReceipt(await this.remote.call<RawLeaveReceipt>(this.handle, "leave", {}, options));
  }
}

/** A link that is open: what it reaches, for as long as its session lasts. */
export class OpenedLink extends Handle {
  /** What was granted: by whom is proven against the id in the URL. */
  readonly access: Access;

  /** @internal */
  constructor(remote: Remote, { handle, ...raw }: RawAccess & { handle: number }) {
    super(remote, handle);
    this.access = access(raw);
  }

  /** Opens one collection, to read from or to create in. */
  async open(scope: ScopeId, options: CallOptions = {}): Promise<Collection> {
    return new Collection(this.remote, await this.remote.call<RawCollection>(this.handle, "open", { scope }, options));
  }

  /** Opens every collection. */
  async collections(options: CallOptions = {}): Promise<Collection[]> {
    const all = await this.remote.call<RawCollection[]>(this.handle, "collections", {}, options);
    return all.map((raw) => new Collection(this.remote, raw));
  }

  /** Ends the session. Opening the link again is another use of it. */
  async close(): Promise<void> {
    await this.remote.call(this.handle, "close");
  }
}
