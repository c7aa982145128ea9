/** Adds a device: by a code that this one shows and the new one is told, or by a QR code that the new one shows. */

import type { Enrolment } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { me } from "../session.ts";
import { Copy } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Scan } from "./scan.tsx";
import { Trouble } from "./trouble.tsx";

/** What the QR code of a new device begins with. */
const PAYLOAD = "pryv-device:";

export function AddDevice({ onAdded, onClose }: { onAdded: (name: string) => void; onClose: () => void }): JSX.Element {
  const [name, setName] = useState("");
  const [way, setWay] = useState<"code" | "scan" | undefined>();
  const added = (): void => onAdded(name.trim());
  const begin = (event: Event): void => {
    event.preventDefault();
    setWay("code");
  };
  return (
    <Dialog title="Add a device" onClose={onClose}>
      {way === "code" && <ByCode name={name.trim()} onAdded={added} onClose={onClose} onBack={() => setWay(undefined)} />}
      {way === "scan" && <ByScan name={name.trim()} onAdded={added} onBack={() => setWay(undefined)} />}
      {way === undefined && (
        <form class="stack" onSubmit={begin}>
          <p>Have the new device beside you, with this address open in its browser.</p>
          <div class="field">
            <label for="device-name">What is the new device called?</label>
            <input id="device-name" maxLength={60} autocomplete="off" placeholder="My phone" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
            <span class="hint">Only you can read this.</span>
          </div>
          <div class="row end">
            <button type="button" class="button" onClick={onClose}>Cancel</button>
            <button type="button" class="button" disabled={name.trim() === ""} onClick={() => setWay("scan")}><Icon name="camera" />Scan its QR code</button>
            <button type="submit" class="button primary" disabled={name.trim() === ""}>Show a code</button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

/** This device shows a code, which is typed on the new one. */
function ByCode({ name, onAdded, onClose, onBack }: { name: string; onAdded: () => void; onClose: () => void; onBack: () => void }): JSX.Element {
  const [shown, setShown] = useState<Enrolment | undefined>();
  const doing = useDoing();
  useEffect(() => {
    const ends = new AbortController();
    void doing.run(async () => {
      const enrolment = await me().enrolByCode();
      if (ends.signal.aborted) return;
      setShown(enrolment);
      try {
        await enrolment.finish(name, { signal: ends.signal });
      } catch (error) {
        // Whoever closed the dialog is told nothing.
        if (ends.signal.aborted) return;
        throw error;
      }
      onAdded();
    });
    return () => ends.abort();
  }, []);
  if (doing.error !== undefined) return <Again error={doing.error} onBack={onBack} />;
  return (
    <div class="stack">
      <ol class="steps-list">
        <li>On the new device, choose “Use a code from another device”.</li>
        <li>Type your username, <strong>{me().username}</strong>, and this code:</li>
      </ol>
      {shown !== undefined && <div class="row between group"><output class="device-code" aria-label="Code for the new device">{shown.code}</output><Copy text={shown.code} what="Code" /></div>}
      <p class="row muted" role="status" style={{ flexWrap: "nowrap" }}><span class="waiting" aria-hidden="true" /> Waiting for the new device. The code is valid for five minutes.</p>
      <div class="notice warn"><Icon name="warning" /><span>Whoever types this code gets your whole account. Tell it to nobody.</span></div>
      <div class="row end"><button type="button" class="button" onClick={onClose}>Cancel</button></div>
    </div>
  );
}

/** The new device shows a QR code, which this one scans; or the text of it is pasted. */
function ByScan({ name, onAdded, onBack }: { name: string; onAdded: () => void; onBack: () => void }): JSX.Element {
  const [text, setText] = useState("");
  const doing = useDoing();
  const tried = useRef(false);
  const enrol = (payload: string): void => {
    tried.current = true;
    void doing.run(async () => {
      await me().enrolScanned(payload, name);
      onAdded();
    });
  };
  if (doing.error !== undefined) return <Again error={doing.error} onBack={onBack} />;
  if (doing.busy) return <p class="row" role="status"><span class="waiting" aria-hidden="true" />Giving {name} your keys…</p>;
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); enrol(text.trim()); }}>
      <p>On the new device, choose “Use a code from another device”, then “Show a QR code”.</p>
      {!tried.current && <Scan begins={PAYLOAD} onFound={enrol} otherwise="Or copy the text from below the QR code, and paste it here." />}
      <div class="field">
        <label for="payload">Or paste its text</label>
        <input id="payload" class="mono" autocomplete="off" spellcheck={false} placeholder={`${PAYLOAD}…`} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <div class="notice warn"><Icon name="warning" /><span>Scan only what your own new device shows: it gets your whole account.</span></div>
      <div class="row end">
        <button type="button" class="button" onClick={onBack}>Back</button>
        <button type="submit" class="button primary" disabled={!text.trim().startsWith(PAYLOAD)}>Add {name}</button>
      </div>
    </form>
  );
}

function Again({ error, onBack }: { error: unknown; onBack: () => void }): JSX.Element {
  return (
    <div class="stack">
      <Trouble error={error} focus />
      <div class="row end"><button type="button" class="button primary" onClick={onBack}>Begin again</button></div>
    </div>
  );
}
