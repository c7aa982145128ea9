/** Adds a device: this one shows a code, the new one is told it. */

import type { Enrolment } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { me } from "../session.ts";
import { Copy } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Trouble } from "./trouble.tsx";

export function AddDevice({ onAdded, onClose }: { onAdded: (name: string) => void; onClose: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const [shown, setShown] = useState<Enrolment | undefined>();
  const ends = useRef<AbortController>(new AbortController());
  useEffect(() => () => ends.current.abort(), []);
  const doing = useDoing();
  const begin = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      const enrolment = await me().enrolByCode();
      setShown(enrolment);
      try {
        await enrolment.finish(name.trim(), { signal: ends.current.signal });
      } catch (error) {
        setShown(undefined);
        // Whoever closed the dialog is told nothing.
        if (ends.current.signal.aborted) return;
        throw error;
      }
      onAdded(name.trim());
    });
  };
  return (
    <Dialog title="Add a device" onClose={onClose}>
      {shown === undefined
        ? (
          <form class="stack" onSubmit={begin}>
            <p>Have the new device beside you, with this address open in its browser.</p>
            <div class="field">
              <label for="device-name">What is the new device called?</label>
              <input id="device-name" maxLength={60} autocomplete="off" placeholder="My phone" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
              <span class="hint">Only you can read this.</span>
            </div>
            {doing.error !== undefined && <Trouble error={doing.error} focus />}
            <div class="row end">
              <button type="button" class="button" onClick={onClose}>Cancel</button>
              <button type="submit" class="button primary" disabled={doing.busy || name.trim() === ""}>Show a code</button>
            </div>
          </form>
        )
        : (
          <div class="stack">
            <ol class="stack tight" style={{ paddingInlineStart: "1.2rem", listStyle: "decimal" }}>
              <li>On the new device, choose “Use a code from another device”.</li>
              <li>Type your username, <strong>{me().username}</strong>, and this code:</li>
            </ol>
            <div class="row between group"><output class="device-code" aria-label="Code for the new device">{shown.code}</output><Copy text={shown.code} what="Code" /></div>
            <p class="row muted" role="status" style={{ flexWrap: "nowrap" }}><span class="waiting" aria-hidden="true" /> Waiting for the new device. The code is valid for five minutes.</p>
            <div class="notice warn"><Icon name="warning" /><span>Whoever types this code gets your whole account. Tell it to nobody.</span></div>
            <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button></div>
          </div>
        )}
    </Dialog>
  );
}
