/** Settings: who one is to others, how it looks, the password, and leaving. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Copy } from "../parts/copy.tsx";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { Icon } from "../parts/icon.tsx";
import { useJudged } from "../parts/new-password.ts";
import { Page } from "../parts/page.tsx";
import { PasswordField } from "../parts/password-field.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { kept, leave, me } from "../session.ts";
import { choose, theme, type Theme } from "../theme.ts";

const THEMES: readonly (readonly [Theme, string])[] = [["system", "As my system"], ["light", "Light"], ["dark", "Dark"]];

export function Settings(): JSX.Element {
  const [leaving, setLeaving] = useState(false);
  const { username, fingerprint, words } = me();
  return (
    <Page title="Settings" narrow lead={<>You are signed in as <strong>{username}</strong>.</>}>
      <section class="card stack">
        <h2>Your fingerprint</h2>
        <p class="muted">Whoever wants to share with you looks for “{username}” and compares this with you: by phone, or side by side. If it is the same, it is you and nobody else.</p>
        <Fingerprint of={fingerprint} words={words} label="Your fingerprint" />
        <div><Copy text={fingerprint} what="Fingerprint" /></div>
      </section>
      <ul class="card list"><li><a class="item" href={to("devices")}><Icon name="devices" /><span class="grow strong">Devices</span><Icon name="forward" size={18} /></a></li></ul>
      <section class="card stack">
        <fieldset>
          <legend><h2>Looks</h2></legend>
          <div class="pills">
            {THEMES.map(([value, name]) => <label key={value} class="pill"><input type="radio" name="theme" checked={theme.value === value} onChange={() => choose(value)} />{name}</label>)}
          </div>
        </fieldset>
      </section>
      <Password username={username} />
      <section class="card stack">
        <h2>Sign out</h2>
        <p class="muted">{kept.value?.stored === true ? "Your session and keys are kept in this browser, encrypted. Signing out wipes them." : "This browser keeps nothing. Closing the page signs you out as well."}</p>
        <div><button type="button" class="button danger" onClick={() => setLeaving(true)}>Sign out of this device</button></div>
      </section>
      {leaving && (
        <Confirm title="Sign out?" verb="Sign out" onClose={() => setLeaving(false)} onConfirm={leave}>
          <p>Everything that this browser keeps of you is wiped. To come back you need your password, or your recovery phrase.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Password({ username }: { username: string }): JSX.Element {
  const [present, setPresent] = useState("");
  const [password, setPassword] = useState("");
  const weak = useJudged(username, password);
  const doing = useDoing();
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      await me().changePassword(present, password);
      setPresent("");
      setPassword("");
      say("Your new password is set. Your other devices were signed out.");
    });
  };
  return (
    <section class="card">
      <form class="stack" onSubmit={submit}>
        <h2>New password</h2>
        <p class="muted">Your other devices are signed out. The recovery phrase stays the same.</p>
        <input type="text" autocomplete="username" value={username} readOnly hidden />
        <PasswordField label="Present password" autocomplete="current-password" value={present} onChange={setPresent} />
        <PasswordField label="New password" autocomplete="new-password" value={password} onChange={setPassword} fault={weak} />
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <div><button type="submit" class="button" disabled={doing.busy || present === "" || password === "" || weak !== undefined}>{doing.busy && <span class="waiting" aria-hidden="true" />}Set the new password</button></div>
      </form>
    </section>
  );
}
