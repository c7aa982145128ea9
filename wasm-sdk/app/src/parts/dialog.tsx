/** A dialog: the browser's own, which keeps the keyboard inside and closes at Escape. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

export function Dialog({ title, onClose, children, locked = false }: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Something runs that must not be left alone. */
  locked?: boolean;
}): JSX.Element {
  const here = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = here.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={here} aria-labelledby={name} class="appear"
      onCancel={(event) => { event.preventDefault(); if (!locked) onClose(); }}
      onClick={(event) => { if (event.target === here.current && !locked) onClose(); }}>
      <div class="inside">
        <header>
          <h2 id={name}>{title}</h2>
          <button type="button" class="button quiet icon small" aria-label="Close" disabled={locked} onClick={onClose}><Icon name="close" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
