/** A password, which can be shown while one types it. */

import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";

export function PasswordField({ label, hint, fault, value, onChange, autocomplete }: {
  label: string;
  hint?: string;
  fault?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  autocomplete: "current-password" | "new-password" | "off";
}): JSX.Element {
  const [shown, setShown] = useState(false);
  const id = useId();
  const notes = [hint !== undefined && `${id}-hint`, fault !== undefined && `${id}-fault`].filter((one) => one !== false).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="row" style={{ flexWrap: "nowrap" }}>
        <input id={id} type={shown ? "text" : "password"} autocomplete={autocomplete} spellcheck={false} required value={value}
          aria-describedby={notes === "" ? undefined : notes} aria-invalid={fault !== undefined || undefined}
          onInput={(event) => onChange(event.currentTarget.value)} />
        <button type="button" class="button small" style={{ minHeight: "2.75rem" }} aria-pressed={shown} onClick={() => setShown(!shown)}>{shown ? "Hide" : "Show"}</button>
      </div>
      {hint !== undefined && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      {fault !== undefined && <span class="fault" id={`${id}-fault`} role="alert">{fault}</span>}
    </div>
  );
}
