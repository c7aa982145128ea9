/** Conditions: what a record has to be like. The same form as in files and on the command line. */

/** A value to compare with. */
export type Scalar = string | number | boolean | null;

/** A value of a range: a number, or a date or time as RFC 3339 writes it. */
export type Place = string | number;

/** The lower end of a range, without the value itself or with it. */
export type Lower = { readonly above: Place; readonly atLeast?: never } | { readonly atLeast: Place; readonly above?: never };

/** The upper end of a range, without the value itself or with it. */
export type Upper = { readonly below: Place; readonly atMost?: never } | { readonly atMost: Place; readonly below?: never };

/**
 * What can be asked of a field, by its JSON pointer (RFC 6901). It holds if the field has such a value, or is an array with such an
 * element. What is absent meets no condition, and so meets every `not`.
 */
export type FieldCondition = { readonly field: string } & (
  /** Has this value. */
  | { readonly is: Scalar }
  /** Has one of these values. */
  | { readonly in: readonly Scalar[] }
  /** Has a value between two others. */
  | Lower | Upper | (Lower & Upper)
  /** Has a value between two others, both included. */
  | { readonly between: readonly [low: Place, high: Place] }
  /** Has a text that begins like this, whatever its case. */
  | { readonly startsWith: string }
  /** Has a text with all of these words, in whichever order and case. */
  | { readonly matches: string }
  /** Is there, be it null; or is not there. */
  | { readonly exists: boolean }
);

/**
 * What can be asked of an interval: what begins at one field and lasts as long as the other says. The length is a number, of the unit of
 * the start, or seconds if that is a time; absent for a moment; null while it is not over.
 */
export type IntervalCondition = {
  /** The JSON pointers of the start and of the length. */
  readonly interval: readonly [start: string, length: string];
} & (
  /** Has a part, be it a moment, between two values, both included; of which one may be open: null. */
  | { readonly overlaps: readonly [from: Place, to: Place | null] | readonly [from: null, to: Place] }
  /** Has begun and is not over; or not so. */
  | { readonly running: boolean }
);

/** What a record has to be like: of a field or an interval, or joined from others. At most 128 parts, 8 levels deep. */
export type Condition =
  | FieldCondition
  | IntervalCondition
  | { readonly and: readonly Condition[] }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition };
