/** Descriptions: what a caller can see of an account, by its own names. */

import { Collection } from "./collection.js";
import type { Leakage } from "./definition.js";
import { Ontology } from "./ontology.js";
import type { RawDescription } from "./raw.js";
import type { Remote } from "./rpc.js";

/** A collection, and what is known of it without reading a record. */
export interface DescribedCollection {
  /** The collection, opened; its `definition` has types, indexes and relations. */
  readonly collection: Collection;
  /** How many records the caller may read, as the server counts; absent for who may not read. */
  readonly records?: number;
  /** Whether there are so many, or so many at least. */
  readonly exact?: boolean;
  /** What its indexes show to whom, in words. */
  readonly leakage: readonly Leakage[];
}

/** What a caller can see of an account. */
export interface Description {
  readonly collections: readonly DescribedCollection[];
  readonly ontologies: readonly Ontology[];
}

/** @internal */
export function described(remote: Remote, raw: RawDescription): Description {
  return {
    collections: raw.collections.map(({ collection, ...rest }) => ({ ...rest, collection: new Collection(remote, collection) })),
    ontologies: raw.ontologies.map((one) => new Ontology(remote, one)),
  };
}
