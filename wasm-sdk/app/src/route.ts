/** Where one is: the part of the address behind `#/`. No server sees it. */

import { signal } from "@preact/signals";

/** Where a collection is reached: one's own, or by an access that was received, or by an opened link. */
export interface Place {
  /** The access; `link` for the link that is open; absent for one's own. */
  readonly by?: string | undefined;
  readonly scope: string;
}

/** The parts of the path. A link that opens something has its key here: it is taken out of the address at once. */
export const path = signal<readonly string[]>([]);
/** A link with its key that this page was opened by, until it is used. */
export const arrivedBy = signal<string | undefined>(undefined);

const LINK = /^#[a-z2-7]{52}\/accesses\/[a-z2-7]+\/\S+$/;

function read(): void {
  if (LINK.test(location.hash)) {
    arrivedBy.value = `${location.origin}/${location.hash}`;
    history.replaceState(null, "", "#/link");
  }
  path.value = location.hash.replace(/^#\/?/, "").split("/").filter((part) => part !== "").map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

addEventListener("hashchange", read);
read();

/** The address of a page. */
export function to(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** The address of a collection, or of a page of it. */
export function toPlace({ by, scope }: Place, ...more: readonly string[]): string {
  return by === undefined ? to("c", scope, ...more) : to("s", by, scope, ...more);
}

/** Goes to a page. */
export function go(address: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState(null, "", address);
    read();
  } else location.hash = address;
}
