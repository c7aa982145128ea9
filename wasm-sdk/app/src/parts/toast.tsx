/** Short news at the foot of the page, with a way back where there is one. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Toast {
  readonly text: string;
  readonly undo?: (() => void) | undefined;
}

const shown = signal<Toast | undefined>(undefined);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something for a while; longer if it can be undone. */
export function say(text: string, undo?: () => void): void {
  clearTimeout(timer);
  shown.value = { text, undo };
  timer = setTimeout(() => { shown.value = undefined; }, undo === undefined ? 5_000 : 12_000);
}

export function Toasts(): JSX.Element {
  const toast = shown.value;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toast !== undefined && (
        <div class="toast appear">
          <span>{toast.text}</span>
          {toast.undo !== undefined && (
            <button type="button" class="button small" onClick={() => { shown.value = undefined; toast.undo?.(); }}>Undo</button>
          )}
        </div>
      )}
    </div>
  );
}
