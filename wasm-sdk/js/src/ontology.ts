/** `Ontology`: terms that records are filed under, one's own or granted. */

import type { Definition } from "./definition.js";
import { Handle } from "./handle.js";
import type { AccessId, Level, PrincipalId, RecordId, ScopeId, TermId } from "./ids.js";
import type { RawOntology, RawTerm } from "./raw.js";
import type { Filed } from "./record.js";
import type { CallOptions, Remote } from "./rpc.js";

/** A code of an outside vocabulary: SNOMED CT, LOINC, ICD, a unit. Encrypted like the label. */
export interface Code {
  readonly system: string;
  readonly code: string;
  readonly display: string;
  readonly version?: string;
}

/** What a term says. Encrypted. */
export interface TermContent {
  readonly label: string;
  readonly codes?: readonly Code[];
  /** Whether the codes of the term above are its codes too. */
  readonly inherit?: boolean;
  readonly state?: "active" | "trashed";
  /** What the schema of the ontology asks for. */
  readonly data?: unknown;
}

/** A term. Also a {@link TermId}: it can be given wherever a term is named. */
export interface Term extends TermId {
  readonly id: RecordId;
  /** The term above, as far as this account may know of it. */
  readonly parent?: RecordId;
  /** What people call it; empty if this account may not read it. */
  readonly label: string;
  readonly codes: readonly Code[];
  readonly inherit: boolean;
  readonly trashed: boolean;
  /** It was merged into the term above, and is shown as that. */
  readonly merged: boolean;
  readonly data?: unknown;
  readonly version: number;
}

/** The terms of an ontology at one moment. */
export class Terms implements Iterable<Term> {
  readonly #all: Map<RecordId, Term>;
  readonly ontology: ScopeId;

  /** @internal */
  constructor(ontology: ScopeId, raw: readonly RawTerm[]) {
    this.ontology = ontology;
    this.#all = new Map(raw.map((one) => [one.id, term(one)]));
  }

  /** How many there are, merged and trashed ones included. */
  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Term> {
    return this.#all.values();
  }

  get(id: RecordId): Term | undefined {
    return this.#all.get(id);
  }

  /** The terms at the top, as far as this account knows, by label. */
  roots(): Term[] {
    return sorted([...this.#all.values()].filter(({ parent, merged }) =>
      !merged && (parent === undefined || !this.#all.has(parent))));
  }

  /** The terms right under a term, and under those that were merged into it, by label. */
  children(of: RecordId): Term[] {
    return sorted([...this.#all.values()].filter(({ parent, merged }) =>
      !merged && parent !== undefined && this.shown(parent)?.id === of));
  }

  /** The term that a term is shown as: itself, or what it was merged into. */
  shown(id: RecordId): Term | undefined {
    return this.up(id).find(({ merged }) => !merged);
  }

  /** A term and all above it, as far as known. */
  up(id: RecordId): Term[] {
    const up: Term[] = [];
    for (let at = this.#all.get(id); at !== undefined && !up.includes(at);) {
      up.push(at);
      at = at.parent === undefined ? undefined : this.#all.get(at.parent);
    }
    return up;
  }

  /** The labels from the top to a term. */
  path(id: RecordId): string[] {
    return this.up(id).filter(({ merged }) => !merged).map(({ label }) => label).reverse();
  }

  /** The term at a path of labels from the top. */
  find(...path: readonly string[]): Term | undefined {
    let found: Term | undefined;
    for (const label of path) {
      found = (found === undefined ? this.roots() : this.children(found.id)).find((one) => one.label === label);
      if (found === undefined) return undefined;
    }
    return found;
  }

  /** The terms of this ontology among those that a record is filed under, as they are shown. */
  of(filed: readonly Filed[]): Term[] {
    return filed.filter(({ ontology }) => ontology === this.ontology)
      .map(({ term }) => this.shown(term))
      .filter((one) => one !== undefined);
  }
}

/** An ontology, opened. */
export class Ontology extends Handle {
  readonly scope: ScopeId;
  readonly owner: PrincipalId;
  /** Names its definition. */
  readonly uri: string;
  readonly access: AccessId | undefined;
  readonly level: Level | undefined;
  readonly definition: Definition;

  /** @internal */
  constructor(remote: Remote, raw: RawOntology) {
    super(remote, raw.handle);
    ({ scope: this.scope, owner: this.owner, uri: this.uri, access: this.access, level: this.level } = raw);
    this.definition = raw.definition;
  }

  /** Reads every term that this account may know of. */
  async terms(options: CallOptions = {}): Promise<Terms> {
    return new Terms(this.scope, await this.remote.call<RawTerm[]>(this.handle, "terms", {}, options));
  }

  /** Makes a term, under another or at the top. */
  create(content: string | TermContent, under?: Term, options: CallOptions = {}): Promise<Term> {
    return this.#change("create", { content: typeof content === "string" ? { label: content } : content, under: named(under) }, options);
  }

  /** Calls a term something else. */
  rename(of: Term, label: string, options: CallOptions = {}): Promise<Term> {
    return this.#change("rename", { term: named(of), label }, options);
  }

  /** Writes what a term says. */
  change(of: Term, content: TermContent, options: CallOptions = {}): Promise<Term> {
    return this.#change("change", { term: named(of), content }, options);
  }

  /** Puts a term away. */
  trash(of: Term, options: CallOptions = {}): Promise<Term> {
    return this.#change("trash", { term: named(of) }, options);
  }

  /** Brings a term back that was put away. */
  restore(of: Term, options: CallOptions = {}): Promise<Term> {
    return this.#change("restore", { term: named(of) }, options);
  }

  /** Merges a term into the one above. */
  mergeIntoParent(of: Term, options: CallOptions = {}): Promise<Term> {
    return this.#change("mergeIntoParent", { term: named(of) }, options);
  }

  /** Merges a term into another. Owner only. */
  merge(of: Term, into: Term, options: CallOptions = {}): Promise<Term> {
    return this.#change("merge", { term: named(of), into: named(into) }, options);
  }

  /** Moves a term under another, or to the top. Owner only. */
  move(of: Term, to: Term | undefined, options: CallOptions = {}): Promise<Term> {
    return this.#change("move", { term: named(of), to: named(to) }, options);
  }

  /** Deletes a term that has no children and no records. */
  async delete(of: Term, options: CallOptions = {}): Promise<void> {
    await this.remote.call(this.handle, "delete", { term: named(of) }, options);
  }

  async #change(method: string, args: object, options: CallOptions): Promise<Term> {
    return term(await this.remote.call<RawTerm>(this.handle, method, args, options));
  }
}

function named(of: Term | undefined): object | undefined {
  return of === undefined ? undefined : { id: of.id, version: of.version };
}

function term(raw: RawTerm): Term {
  return { ...raw, term: raw.id };
}

function sorted(terms: Term[]): Term[] {
  return terms.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : a.id < b.id ? -1 : 1));
}
