/** A question before something that cannot be undone. */

import type { ComponentChildren, JSX } from "preact";
import { useDoing } from "../load.tsx";
import { Dialog } from "./dialog.tsx";
import { Trouble } from "./trouble.tsx";

export function Confirm({ title, verb, onConfirm, onClose, children, danger = true }: {
  title: string;
  /** What the button says: the deed itself, never “OK”. */
  verb: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: ComponentChildren;
  danger?: boolean;
}): JSX.Element {
  const doing = useDoing();
  return (
    <Dialog title={title} onClose={onClose} locked={doing.busy}>
      <div class="stack">{children}</div>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div class="row end">
        <button type="button" class="button" disabled={doing.busy} onClick={onClose}>Cancel</button>
        <button type="button" class={`button ${danger ? "danger" : "primary"}`} disabled={doing.busy} onClick={() => doing.run(onConfirm)}>
          {doing.busy && <span class="waiting" aria-hidden="true" />}{verb}
        </button>
      </div>
    </Dialog>
  );
}
