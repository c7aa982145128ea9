/** What a page reads before it can show anything: waiting, failed, or there. */

import type { ComponentChildren, JSX } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { Trouble } from "./parts/trouble.tsx";

/** A value on its way. */
export interface Loaded<T> {
  readonly value?: T;
  readonly error?: unknown;
  readonly loading: boolean;
  readonly reload: () => void;
}

/** Reads something, again when `on` changes; what was read before stays until the new is there. */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, on: readonly unknown[]): Loaded<T> {
  const [state, set] = useState<{ value?: T; error?: unknown; loading: boolean }>({ loading: true });
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const ends = new AbortController();
    set((before) => ({ ...before, loading: true }));
    read(ends.signal).then(
      (value) => { if (!ends.signal.aborted) set({ value, loading: false }); },
      (error: unknown) => { if (!ends.signal.aborted) set({ error, loading: false }); },
    );
    return () => ends.abort();
  }, [...on, again]);
  const reload = useCallback(() => setAgain((count) => count + 1), []);
  return { ...state, reload };
}

/** Shows what was read, or that it is on its way, or why it is not there and what to do. */
export function Load<T>({ of, what, children }: {
  of: Loaded<T>;
  /** What is being read, for whoever waits: “your collections”. */
  what: string;
  children: (value: T) => ComponentChildren;
}): JSX.Element {
  if (of.error !== undefined) return <Trouble error={of.error} onRetry={of.reload} />;
  if (of.value === undefined) {
    return <p class="row muted" role="status" style={{ padding: "2rem 0" }}><span class="waiting" aria-hidden="true" /> Opening {what}…</p>;
  }
  return <>{children(of.value)}</>;
}

/** Something that the person started: whether it runs, and why it failed. */
export interface Doing {
  readonly busy: boolean;
  readonly error?: unknown;
  readonly run: (work: () => Promise<void>) => Promise<void>;
  readonly clear: () => void;
}

/** Runs what the person started, one at a time. */
export function useDoing(): Doing {
  const [state, set] = useState<{ busy: boolean; error?: unknown }>({ busy: false });
  const run = useCallback(async (work: () => Promise<void>) => {
    set({ busy: true });
    try {
      await work();
      set({ busy: false });
    } catch (error) {
      set({ busy: false, error });
    }
  }, []);
  return { ...state, run, clear: useCallback(() => set({ busy: false }), []) };
}
