/** A fingerprint in groups, to compare side by side, and its beginning in words, to compare aloud. */

import type { JSX } from "preact";

export function Fingerprint({ of, words, label }: { of: string; words?: string; label: string }): JSX.Element {
  return (
    <div class="stack tight">
      <div class="fingerprint" role="group" aria-label={label}>
        {of.split(/[\s-]+/).map((part, at) => <span key={at}>{part}</span>)}
      </div>
      {words !== undefined && <p class="small"><span class="muted">Aloud:</span> <span class="mono">{words}</span></p>}
    </div>
  );
}
