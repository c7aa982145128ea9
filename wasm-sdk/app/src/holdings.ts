/** What is open: one's collections and terms, and what was received. Read once, shared by the pages. */

import { signal } from "@preact/signals";
import { PryvError, type Access, type Collection, type Group, type Ontology, type ReceivedAccess, type ReceivedByGroups, type Terms } from "@pryv/sdk";
import type { Place } from "./route.ts";
import { link, me } from "./session.ts";

/** The collection in which this application keeps receipts: encrypted like everything, and shown under “Access”. */
export const RECEIPTS = "https://pryv.com/app/receipts";
/** The collection of events, which is made at sign-up. */
const EVENTS = "https://pryv.com/events";
const NOT_SHOWN = [RECEIPTS, "https://pryv.com/properties"];

/** An ontology with its terms. */
export interface Vocabulary {
  readonly ontology: Ontology;
  readonly terms: Terms;
}

let own: Promise<Collection[]> | undefined;
let mine: Promise<Group[]> | undefined;
let grouped: Promise<ReceivedByGroups> | undefined;
let received: Promise<ReceivedAccess[]> | undefined;
let words: Promise<Vocabulary[]> | undefined;
const opened = new Map<string, Promise<Collection>>();
/** Rises when something here was read anew: pages that show it read it again. */
export const round = signal(0);

/** One's own collections, all of them. */
export function allCollections(): Promise<Collection[]> {
  return own ??= keep(me().collections(), () => { own = undefined; });
}

/** One's own collections that a person made or filled, by title. */
export async function collections(): Promise<Collection[]> {
  const all = await allCollections();
  const shown = await Promise.all(all.map(async (one) => {
    const { uri } = one.definition;
    // Every account has events; a person who keeps none is not bothered with them.
    if (uri === EVENTS) return (await one.query().limit(1).fetch()).records.length > 0;
    return !NOT_SHOWN.includes(uri);
  }));
  return all.filter((_, at) => shown[at])
    .sort((a, b) => a.title.localeCompare(b.title));
}

/** The accesses that were received, by this person or by a group that they are in, the newest first. */
export function receivedAccesses(): Promise<ReceivedAccess[]> {
  const both = async (): Promise<ReceivedAccess[]> => {
    const [own, { received: byGroups }] = await Promise.all([me().received(), byGroup()]);
    // A membership opens no collection: it stands with the groups.
    return [...own.filter(({ access }) => !isMembership(access)), ...byGroups]
      .sort((a, b) => b.access.signedAt.getTime() - a.access.signedAt.getTime());
  };
  return received ??= keep(both(), () => { received = undefined; });
}

/** Whether an access makes somebody a member of a group. */
export function isMembership({ scopes }: Access): boolean {
  return scopes.some(({ group }) => group !== undefined);
}

/** The access that makes this person a member of a group. */
export async function membershipOf(group: string): Promise<ReceivedAccess> {
  const found = (await me().received()).find(({ access }) => access.status === "active" && access.scopes.some((scope) => scope.group === group));
  if (found === undefined) throw gone("you are no member of this group any more", "load the page again");
  return found;
}

/** What the groups received that this person is in, and the invitations to others. */
export function byGroup(): Promise<ReceivedByGroups> {
  return grouped ??= keep(me().receivedByGroups(), () => { grouped = undefined; });
}

/** One's own groups. */
export function groups(): Promise<Group[]> {
  return mine ??= keep(me().groups(), () => { mine = undefined; });
}

/** One's own terms. */
export function vocabularies(): Promise<Vocabulary[]> {
  return words ??= keep(
    me().ontologies().then((all) => Promise.all(all.map(async (ontology) => ({ ontology, terms: await ontology.terms() })))),
    () => { words = undefined; },
  );
}

/** The terms that the records of a collection may carry, as far as this person may read them. */
export async function vocabulariesOf(place: Place, collection: Collection): Promise<Vocabulary[]> {
  const { ontologies = [] } = collection.definition;
  if (place.by === "link" || ontologies.length === 0) return [];
  if (place.by === undefined) return (await vocabularies()).filter(({ ontology }) => ontologies.includes(ontology.definition.uri));
  const access = (await receivedAccesses()).find((one) => one.access.id === place.by);
  const open = await access?.ontologies() ?? [];
  return Promise.all(open.map(async (ontology) => ({ ontology, terms: await ontology.terms() })));
}

/** Opens the collection of a place, once. */
export function collectionAt({ by, scope }: Place): Promise<Collection> {
  const key = `${by ?? ""}/${scope}`;
  const known = opened.get(key);
  if (known !== undefined) return known;
  const opening = keep(open({ by, scope }), () => opened.delete(key));
  opened.set(key, opening);
  return opening;
}

async function open({ by, scope }: Place): Promise<Collection> {
  if (by === "link") {
    if (link.value === undefined) throw gone("the link is closed", "open the link again");
    return link.value.open(scope);
  }
  if (by === undefined) {
    const found = (await allCollections()).find((one) => one.scope === scope);
    if (found === undefined) throw gone("there is no such collection in your account", "go back to your data");
    return found;
  }
  const access = (await receivedAccesses()).find((one) => one.access.id === by);
  if (access === undefined) throw gone("this was not shared with you", "look at what is shared with you");
  return access.open(scope);
}

function gone(message: string, next: string): PryvError {
  return new PryvError("not-found", message, { kind: "input", next });
}

/** Reads everything again when it is asked for next: something changed. */
export function changed(): void {
  forget();
  round.value += 1;
}

/** Lets go of everything that is open. */
export function forget(): void {
  own = mine = grouped = received = words = undefined;
  opened.clear();
}

/** A promise that is kept unless it fails. */
function keep<T>(promise: Promise<T>, drop: () => void): Promise<T> {
  promise.catch(drop);
  return promise;
}
