/** What page and worker say to each other. One call, one answer; progress in between; abort; release. */

/** From the page. */
export type ToWorker =
  | { readonly kind: "call"; readonly id: number; readonly target: number; readonly method: string; readonly args: string }
  | { readonly kind: "abort"; readonly id: number }
  | { readonly kind: "release"; readonly handle: number };

/** An error on its way: what {@link PryvError} is made of. */
export interface WireError {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
  readonly next?: string;
  /** What each error below says, outermost first. */
  readonly causes?: readonly string[];
  readonly details?: { readonly [name: string]: unknown };
}

/** From the worker. */
export type FromWorker =
  | { readonly kind: "done"; readonly id: number; readonly value: string }
  | { readonly kind: "failed"; readonly id: number; readonly error: WireError }
  | { readonly kind: "progress"; readonly id: number; readonly done: number; readonly total: number | null };

/** Either end of the way between them. */
export interface Port<Out, In> {
  post(message: Out): void;
  listen(take: (message: In) => void): void;
}
