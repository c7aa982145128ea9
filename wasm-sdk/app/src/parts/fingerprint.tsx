/** A fingerprint in groups, to compare aloud or side by side. */

import type { JSX } from "preact";

export function Fingerprint({ of, label }: { of: string; label: string }): JSX.Element {
  return (
    <div class="fingerprint" role="group" aria-label={label}>
      {of.split(/[\s-]+/).map((part, at) => <span key={at}>{part}</span>)}
    </div>
  );
}
