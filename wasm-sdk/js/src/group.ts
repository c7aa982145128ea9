/** Groups: what is granted to one is read by everybody who is a member of it at the time. */

import type { Access, GrantTerms, Receipt } from "./access.js";
import type { Contact } from "./contact.js";
import type { PryvError } from "./error.js";
import { grantTerms } from "./grants.js";
import { Handle } from "./handle.js";
import type { Fingerprint, PrincipalId, ScopeId, Uri } from "./ids.js";
import type { RawAccess, RawGroup, RawGroupContact, RawMembership, RawReceipt, RawReceivedAccess } from "./raw.js";
import { access, receipt } from "./read.js";
import { ReceivedAccess } from "./received.js";
import type { CallOptions, Remote } from "./rpc.js";

/** A group of this account's. Members are added and removed here alone: whoever granted something to it does nothing. */
export class Group extends Handle {
  /** By which others grant to it (`account.findGroup`). */
  readonly id: PrincipalId;
  readonly uri: Uri;
  /** The scope that keeps the members. */
  readonly scope: ScopeId;
  /** What it is called. Its members read it, and nobody else. */
  readonly title: string;
  /** How many more members can leave. At zero the group is closed: make another one in time. */
  readonly removalsLeft: number;

  /** @internal */
  constructor(remote: Remote, raw: RawGroup) {
    super(remote, raw.handle);
    ({ id: this.id, uri: this.uri, scope: this.scope, title: this.title, removalsLeft: this.removalsLeft } = raw);
  }

  /** Makes somebody a member, who then reads what the group was and is granted. */
  async add(member: Contact, terms: GrantTerms = {}, options: CallOptions = {}): Promise<Access> {
    const args = { member: member.handle, ...grantTerms(terms) };
    return access(await this.remote.call<RawAccess>(this.handle, "add", args, options));
  }

  /** The accesses by which somebody is a member now, oldest first. */
  async members(options: CallOptions = {}): Promise<Access[]> {
    return (await this.remote.call<RawAccess[]>(this.handle, "members", {}, options)).map(access);
  }

  /** Ends the membership of somebody, and gives the group new keys. A receipt for each access by which it was a member. */
  async remove(member: Contact | PrincipalId, options: CallOptions = {}): Promise<Receipt[]> {
    const args = { member: typeof member === "string" ? member : member.id };
    return (await this.remote.call<RawReceipt[]>(this.handle, "remove", args, options)).map(receipt);
  }

  /** The group as others see it: something can be granted to it. */
  async card(options: CallOptions = {}): Promise<GroupContact> {
    return new GroupContact(this.remote, await this.remote.call<RawGroupContact>(this.handle, "card", {}, options));
  }
}

/** A group that something can be granted to. Compare `fingerprint` with the person whose group it is. */
export class GroupContact extends Handle {
  readonly id: PrincipalId;
  /** Whose group it is, by its own word. */
  readonly account: PrincipalId;
  readonly fingerprint: Fingerprint;

  /** @internal */
  constructor(remote: Remote, raw: RawGroupContact) {
    super(remote, raw.handle);
    ({ id: this.id, account: this.account, fingerprint: this.fingerprint } = raw);
  }
}

/** What groups received that this account is a member of. */
export interface ReceivedByGroups {
  readonly received: readonly ReceivedAccess[];
  /** Memberships that were not accepted, and therefore not opened: `received` of one accepts it. */
  readonly notAccepted: readonly Membership[];
  /** Memberships that count and did not open, and why. */
  readonly unopened: readonly { readonly membership: Membership; readonly error: PryvError }[];
}

/** A membership of somebody's group. */
export class Membership extends Handle {
  readonly group: PrincipalId;
  /** Whether it had been accepted when it was listed: by `received`. */
  readonly accepted: boolean;
  /** The access by which this account is a member. */
  readonly access: Access;

  /** @internal */
  constructor(remote: Remote, { handle, group, accepted, access: raw }: RawMembership) {
    super(remote, handle);
    this.group = group;
    this.accepted = accepted;
    this.access = access(raw);
  }

  /** What the group is called. */
  title(options: CallOptions = {}): Promise<string> {
    return this.remote.call(this.handle, "title", {}, options);
  }

  /** What the group received, oldest first, what ended included. Accepts the membership: anybody makes anybody a member. */
  async received(options: CallOptions = {}): Promise<ReceivedAccess[]> {
    const all = await this.remote.call<RawReceivedAccess[]>(this.handle, "received", {}, options);
    return all.map((raw) => new ReceivedAccess(this.remote, raw));
  }
}
