/** One term of several trees. */

import type { TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Vocabulary } from "../holdings.ts";

const NONE = "";

/** The terms of a tree in reading order, with their depth. */
export function inOrder({ ontology, terms }: Vocabulary): { readonly id: TermId; readonly label: string; readonly depth: number }[] {
  const all: { id: TermId; label: string; depth: number }[] = [];
  const walk = (list: ReturnType<typeof terms.roots>, depth: number): void => {
    for (const one of list) {
      if (one.trashed) continue;
      all.push({ id: { ontology: ontology.scope, term: one.id }, label: one.label === "" ? "(a label you may not read)" : one.label, depth });
      walk(terms.children(one.id), depth + 1);
    }
  };
  walk(terms.roots(), 0);
  return all;
}

/** What a term is called, with what is above it. */
export function termName(vocabularies: readonly Vocabulary[], { ontology, term }: TermId): string {
  const path = vocabularies.find((one) => one.ontology.scope === ontology)?.terms.path(term) ?? [];
  return path.filter((part) => part !== "").join(" › ") || "a label";
}

export function TermPicker({ label, vocabularies, value, onChange, none = "Any" }: {
  label: string;
  vocabularies: readonly Vocabulary[];
  value: TermId | undefined;
  onChange: (term: TermId | undefined) => void;
  none?: string;
}): JSX.Element {
  const id = useId();
  const all = vocabularies.flatMap(inOrder);
  const chosen = all.findIndex((one) => one.id.ontology === value?.ontology && one.id.term === value.term);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={chosen < 0 ? NONE : String(chosen)} onChange={({ currentTarget }) => onChange(currentTarget.value === NONE ? undefined : all[Number(currentTarget.value)]?.id)}>
        <option value={NONE}>{none}</option>
        {all.map((one, at) => <option key={one.id.term} value={String(at)}>{"\u2003".repeat(one.depth)}{one.label}</option>)}
      </select>
    </div>
  );
}
