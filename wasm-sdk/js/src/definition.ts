/** Definitions: what a collection holds. */

interface Indexed {
  /** The values can be guessed from how often they occur, and that is accepted. */
  readonly accept_leakage?: boolean;
}

interface OfField extends Indexed {
  /** The JSON pointer (RFC 6901) of the field. */
  readonly field: string;
}

/** Which records have this value. */
export interface EqualityIndex extends OfField {
  readonly kind: "equality";
}

/** Which records have these values together. */
export interface CompoundIndex extends Indexed {
  readonly kind: "equality";
  /** The JSON pointers of two to four fields. */
  readonly fields: readonly string[];
  readonly field?: never;
}

/** The one record that has this value: the server refuses a second one. */
export interface UniqueIndex extends OfField {
  readonly kind: "unique";
}

/** Which records have a number between two others, and in which order. */
export interface NumberRangeIndex extends OfField {
  readonly kind: "range";
  /** The ends: values beyond are found as well, and the server does not tell them apart. */
  readonly from: number;
  readonly to: number;
  /** The width of the steps that the server tells apart. */
  readonly resolution: number;
}

/** Which records have a date or time (RFC 3339) between two others, and in which order. */
export interface TimeRangeIndex extends OfField {
  readonly kind: "range";
  /** `1900-01-01` if not said. */
  readonly from?: string;
  /** `2200-01-01` if not said. */
  readonly to?: string;
  /** A number and `s`, `m`, `h`, `d` or `w`; `1h` if not said. */
  readonly resolution?: string;
}

interface OfInterval extends Indexed {
  readonly kind: "interval";
  /** The JSON pointers of the start and of how long it lasts. */
  readonly fields: readonly [start: string, length: string];
  readonly field?: never;
}

/** Which records last into a span of numbers, or are not over; of the start, what a range answers. */
export interface NumberIntervalIndex extends OfInterval {
  readonly from: number;
  readonly to: number;
  /** The width of the steps that the server tells apart. */
  readonly resolution: number;
}

/** Which records last into a span of time, or are not over: from a date or time, for seconds; of the start, what a range answers. */
export interface TimeIntervalIndex extends OfInterval {
  /** `1900-01-01` if not said. */
  readonly from?: string;
  /** `2200-01-01` if not said. */
  readonly to?: string;
  /** A number and `s`, `m`, `h`, `d` or `w`; `1h` if not said. */
  readonly resolution?: string;
}

/** Which records have a text that begins like this, whatever its case. */
export interface PrefixIndex extends OfField {
  readonly kind: "prefix";
  /** The longest beginning that the server can look for, 1 to 16 characters; 8 if not said. */
  readonly max?: number;
}

/** Which records have a text with these words, whatever their case. */
export interface TextIndex extends OfField {
  readonly kind: "text";
}

/** Which records have the field at all. */
export interface ExistsIndex extends OfField {
  readonly kind: "exists";
}

/** One index. */
export type Index =
  | EqualityIndex | CompoundIndex | UniqueIndex | NumberRangeIndex | TimeRangeIndex
  | NumberIntervalIndex | TimeIntervalIndex | PrefixIndex | TextIndex | ExistsIndex;

/** What one index shows to whom, in words. */
export interface Leakage {
  /** The index: its kind and its fields. */
  readonly index: string;
  /** What whoever takes the server's disk or a backup sees of it. */
  readonly thief: string;
  /** What the operator of the server sees of a query that uses it. */
  readonly operator: string;
  /** What whoever may read the collection can do with it. */
  readonly reader: string;
}

/** A field whose value names another record of the same account: the `instanceUri` of it, or an array of such. */
export interface Relation {
  /** The JSON pointer (RFC 6901) of the field. It names the relation. */
  readonly field: string;
  /** The URIs of the definitions of the collections that it leads to. */
  readonly to: readonly string[];
  /** Whether it holds one text, or an array of texts; `one` if not said. */
  readonly cardinality?: "one" | "many";
  /**
   * What becomes of the record when what it refers to is deleted; `ignore` if not said. Everything else needs an index for equality on
   * the field.
   */
  readonly on_delete?: "ignore" | "warn" | "detach" | "cascade" | "restrict";
}

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** What a collection holds, in the form of definition files. Stored encrypted. */
export interface Definition {
  /** Names the definition. Two devices that define the same URI make the same collection. */
  readonly uri: string;
  /** What people call it. */
  readonly title: string;
  /** JSON Schemas (draft 2020-12) by the name of the type. */
  readonly types: { readonly [name: string]: JsonSchema };
  /** The JSON pointer that names the type inside an instance; needed if there is more than one type. */
  readonly discriminator?: string;
  /** Which fields can be queried. */
  readonly indexes?: readonly Index[];
  /** Which fields name other records. */
  readonly relations?: readonly Relation[];
  /** The URIs of the ontologies whose terms its instances may carry. */
  readonly ontologies?: readonly string[];
  /** What is kept of earlier versions of records: `none` if not said. Settled when the collection is made. */
  readonly history?: "none" | "versions" | "everything";
}

/** One place where content does not match its schema. Repeats no value of the content. */
export interface Fault {
  /** The JSON pointer of the value at fault; empty for the whole. */
  readonly pointer: string;
  /** The keyword of the schema that it breaks. */
  readonly rule: string;
  /** What the schema asks for there. */
  readonly expected: string;
}
