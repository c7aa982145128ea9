/** Open an account by its recovery phrase, and set a new password. */

import { PryvError } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { useJudged } from "../parts/new-password.ts";
import { PasswordField } from "../parts/password-field.tsx";
import { say } from "../parts/toast.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { connected, enter } from "../session.ts";

export function Recover(): JSX.Element {
  const [username, setUsername] = useState("");
  const [phrase, setPhrase] = useState("");
  const [bad, setBad] = useState<string | undefined>();
  const [password, setPassword] = useState("");
  const weak = useJudged(username, password);
  const doing = useDoing();
  useEffect(() => { document.title = "Recover an account · Pryv"; }, []);
  const look = async (): Promise<void> => {
    if (phrase.trim() === "") return;
    try {
      await connected().checkPhrase(phrase);
      setBad(undefined);
    } catch (error) {
      setBad(error instanceof PryvError ? error.message : String(error));
    }
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      await enter(await connected().recover(username.trim().toLowerCase(), phrase, password));
      say("Your new password is set. Your other devices were signed out.");
    });
  };
  return (
    <div class="stack loose">
      <h2 style={{ fontSize: "1.6rem" }}>Recover your account</h2>
      <p>Type the words of your recovery phrase in order. You then have a new password, and every other device is signed out. Your data stays as it is.</p>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for="username">Username</label>
          <input id="username" autocomplete="username" autocapitalize="none" spellcheck={false} required value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="phrase">Recovery phrase</label>
          <textarea id="phrase" autocomplete="off" autocapitalize="none" spellcheck={false} required rows={4} value={phrase}
            aria-invalid={bad !== undefined || undefined} aria-describedby={bad === undefined ? "phrase-hint" : "phrase-fault"}
            onInput={(event) => { setPhrase(event.currentTarget.value); setBad(undefined); }} onBlur={look} />
          {bad === undefined
            ? <span class="hint" id="phrase-hint">Words with a space between them. Numbers before the words and line breaks do no harm.</span>
            : <span class="fault" id="phrase-fault" role="alert">{bad}</span>}
        </div>
        <PasswordField label="New password" autocomplete="new-password" value={password} onChange={setPassword} fault={weak} />
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <button type="submit" class="button primary wide" disabled={doing.busy || weak !== undefined || [username, phrase, password].includes("")}>
          {doing.busy ? <><span class="waiting" aria-hidden="true" />Opening your account…</> : "Recover my account"}
        </button>
      </form>
      <p><a href={to("sign-in")}>Back to sign in</a></p>
    </div>
  );
}
