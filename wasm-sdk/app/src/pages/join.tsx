/** Opens an account on a new device: by a code that another device of it shows, or by a QR code that this one shows to it. */

import type { NewDevice } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { Copy } from "../parts/copy.tsx";
import { Qr } from "../parts/qr.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { connected, enter } from "../session.ts";

export function Join(): JSX.Element {
  const [way, setWay] = useState<"code" | "qr">("code");
  useEffect(() => { document.title = "Use a code · Pryv"; }, []);
  return (
    <div class="stack loose">
      <h2 style={{ fontSize: "1.6rem" }}>Use a code from another device</h2>
      <p>On a device where your account is open, go to Settings, then Devices, and choose “Add a device”.</p>
      <div class="pills" role="group" aria-label="How">
        <button type="button" class="pill" aria-pressed={way === "code"} onClick={() => setWay("code")}>Type a code</button>
        <button type="button" class="pill" aria-pressed={way === "qr"} onClick={() => setWay("qr")}>Show a QR code</button>
      </div>
      {way === "code" ? <ByCode /> : <ByQr />}
      <p><a href={to("sign-in")}>Back to sign in</a></p>
    </div>
  );
}

/** Waits until the other device has answered, and opens the account. */
async function open(device: NewDevice, signal: AbortSignal): Promise<void> {
  await enter(await device.finish({ signal }));
  say("This device is now one of yours.");
}

/** The other device shows a code, which is typed here. */
function ByCode(): JSX.Element {
  const [username, setUsername] = useState("");
  const [code, setCode] = useState("");
  const ends = useRef<AbortController>(new AbortController());
  const doing = useDoing();
  useEffect(() => () => ends.current.abort(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => open(await connected().newDeviceByCode(username.trim().toLowerCase(), code.trim()), ends.current.signal));
  };
  return (
    <form class="stack" onSubmit={submit}>
      <p>It shows a code. Type it here.</p>
      <div class="field">
        <label for="username">Username</label>
        <input id="username" autocomplete="username" autocapitalize="none" spellcheck={false} required value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
      </div>
      <div class="field">
        <label for="code">Code</label>
        <input id="code" class="mono" autocomplete="one-time-code" autocapitalize="none" spellcheck={false} required aria-describedby="code-hint" value={code} onInput={(event) => setCode(event.currentTarget.value)} />
        <span class="hint" id="code-hint">12 letters and digits in three groups.</span>
      </div>
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <button type="submit" class="button primary wide" disabled={doing.busy || [username.trim(), code.trim()].includes("")}>
        {doing.busy ? <><span class="waiting" aria-hidden="true" />Waiting for the other device…</> : "Open my account here"}
      </button>
    </form>
  );
}

/** This device shows a QR code, which the other one scans. */
function ByQr(): JSX.Element {
  const [shown, setShown] = useState<NewDevice | undefined>();
  const [again, setAgain] = useState(0);
  const doing = useDoing();
  useEffect(() => {
    const ends = new AbortController();
    void doing.run(async () => {
      const device = await connected().newDevice();
      if (ends.signal.aborted) return;
      setShown(device);
      await open(device, ends.signal).catch((error: unknown) => {
        if (!ends.signal.aborted) throw error;
      });
    });
    return () => ends.abort();
  }, [again]);
  if (doing.error !== undefined) return <Trouble error={doing.error} onRetry={() => setAgain(again + 1)} />;
  return (
    <div class="stack">
      <p>There, choose “Scan its QR code”, and hold this before its camera.</p>
      {shown !== undefined && (
        <>
          <Qr text={shown.payload} label="QR code of this device" />
          <details class="small">
            <summary>The other device has no camera</summary>
            <div class="row" style={{ flexWrap: "nowrap", marginTop: "0.6rem" }}><code class="grow breaks" aria-label="Text of the QR code">{shown.payload}</code><Copy text={shown.payload} what="Text" /></div>
          </details>
        </>
      )}
      <p class="row muted" role="status" style={{ flexWrap: "nowrap" }}><span class="waiting" aria-hidden="true" /> Waiting for the other device, five minutes at most.</p>
    </div>
  );
}
