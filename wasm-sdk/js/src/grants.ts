/** Grants on their way to the worker. */

import type { Grant, GrantOn, GrantTerms, NewLink } from "./access.js";
import { Ontology } from "./ontology.js";
import { termId } from "./read.js";

function on(on: GrantOn | readonly GrantOn[]): object[] {
  const all: readonly GrantOn[] = Array.isArray(on) ? on : [on as GrantOn];
  return all.map((one) => "collection" in one
    ? { collection: one.collection.handle, level: one.level }
    : {
      ...(one.term instanceof Ontology ? { ontology: one.term.scope } : termId(one.term)),
      level: one.level,
      within: one.within?.map(({ handle }) => handle),
      labels: one.labels,
      structure: one.structure,
    });
}

/** @internal */
export function grantTerms({ name, purpose, from, until, terms, withoutHistory, id }: GrantTerms): object {
  return { name, purpose, from: from?.getTime(), until: until?.getTime(), terms, withoutHistory, id };
}

/** @internal */
export function grantArgs(grant: Grant): object {
  return { to: grant.to.handle, on: on(grant.on), ...grantTerms(grant) };
}

/** @internal */
export function linkArgs(link: NewLink): object {
  return { on: on(link.on), uses: link.uses, password: link.password, ...grantTerms(link) };
}
