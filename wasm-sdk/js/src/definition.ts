/** Definitions: what a collection holds. */

/** One index. */
export interface Index {
  /** The JSON pointer (RFC 6901) of the field. */
  readonly field: string;
  /** `equality`: which records have this value; `unique`: the one record that has it. */
  readonly kind: "equality" | "unique";
  /** The values can be guessed from how often they occur, and that is accepted. */
  readonly accept_leakage?: boolean;
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
