/** Sign in. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { PasswordField } from "../parts/password-field.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { connected, enter } from "../session.ts";

export function SignIn(): JSX.Element {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const doing = useDoing();
  useEffect(() => { document.title = "Sign in · Pryv"; }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => enter(await connected().logIn(username.trim().toLowerCase(), password)));
  };
  return (
    <div class="stack loose">
      <h2 style={{ fontSize: "1.6rem" }}>Sign in</h2>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for="username">Username</label>
          <input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck={false} required value={username}
            onInput={(event) => setUsername(event.currentTarget.value)} />
        </div>
        <PasswordField label="Password" autocomplete="current-password" value={password} onChange={setPassword} />
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <button type="submit" class="button primary wide" disabled={doing.busy || username === "" || password === ""}>
          {doing.busy ? <><span class="waiting" aria-hidden="true" />Unlocking your keys…</> : "Sign in"}
        </button>
      </form>
      <div class="stack tight">
        <p>New here? <a href={to("sign-up")}>Create an account</a></p>
        <p>Open on another device? <a href={to("join")}>Use a code from another device</a></p>
        <p>Forgot your password? <a href={to("recover")}>Use your recovery phrase</a></p>
      </div>
    </div>
  );
}
