/** A person, an app or a link by the name that one knows them by. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { groups } from "../holdings.ts";
import { account } from "../session.ts";

const names = new Map<string, Promise<string>>();

/** The name under which this account pinned a principal, or the beginning of its fingerprint. */
export function nameOf(principal: string): Promise<string> {
  const who = account.value;
  if (who === undefined) return Promise.resolve(shortened(principal));
  if (principal === who.id) return Promise.resolve("You");
  const key = `${who.id} ${principal}`;
  let name = names.get(key);
  if (name === undefined) {
    const known = async (): Promise<string> => await who.usernameOf(principal)
      ?? (await groups()).find(({ id }) => id === principal)?.title ?? shortened(principal);
    name = known().catch(() => shortened(principal));
    names.set(key, name);
  }
  return name;
}

/** Forgets what was found out: a name was pinned since. */
export function forgetNames(): void {
  names.clear();
}

function shortened(principal: string): string {
  return `Somebody (${principal.slice(0, 4)} ${principal.slice(4, 8)}…)`;
}

/** The names of some principals, once they are known. */
export function useNames(principals: readonly string[]): (principal: string) => string {
  const [known, set] = useState<ReadonlyMap<string, string>>(new Map());
  const key = [...new Set(principals)].sort().join(" ");
  useEffect(() => {
    let gone = false;
    const all = key === "" ? [] : key.split(" ");
    void Promise.all(all.map(async (one) => [one, await nameOf(one)] as const)).then((pairs) => { if (!gone) set(new Map(pairs)); });
    return () => { gone = true; };
  }, [key]);
  return (principal) => known.get(principal) ?? "…";
}

export function Who({ id }: { id: string }): JSX.Element {
  const name = useNames([id]);
  return <span title={id}>{name(id)}</span>;
}

/** The first letter of a name in a disc. */
export function Avatar({ name }: { name: string }): JSX.Element {
  return <span class="avatar" aria-hidden="true">{name.replace(/[^\p{L}\p{N}]/gu, "").slice(0, 1)}</span>;
}
