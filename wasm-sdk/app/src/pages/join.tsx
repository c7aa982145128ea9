/** Opens an account on a new device, by a code that another device of it shows. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { connected, enter } from "../session.ts";

export function Join(): JSX.Element {
  const [username, setUsername] = useState("");
  const [code, setCode] = useState("");
  const ends = useRef<AbortController>(new AbortController());
  const doing = useDoing();
  useEffect(() => {
    document.title = "Use a code · Pryv";
    return () => ends.current.abort();
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      const device = await connected().newDeviceByCode(username.trim().toLowerCase(), code.trim());
      await enter(await device.finish({ signal: ends.current.signal }));
      say("This device is now one of yours.");
    });
  };
  return (
    <div class="stack loose">
      <h2 style={{ fontSize: "1.6rem" }}>Use a code from another device</h2>
      <p>On a device where your account is open, go to Settings, then Devices, and choose “Add a device”. It shows a code.</p>
      <form class="stack" onSubmit={submit}>
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
      <p><a href={to("sign-in")}>Back to sign in</a></p>
    </div>
  );
}
