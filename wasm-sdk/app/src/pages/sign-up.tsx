/** Create an account: name and password, the phrase that recovers it, and proof that the phrase was kept. */

import type { Account } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { useJudged } from "../parts/new-password.ts";
import { PasswordField } from "../parts/password-field.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { to } from "../route.ts";
import { connected, enter } from "../session.ts";

const USERNAME = /^[a-z0-9](?:[a-z0-9-]{1,30})[a-z0-9]$/;
type Step = "account" | "phrase" | "check";

export function SignUp(): JSX.Element {
  const [step, setStep] = useState<Step>("account");
  const [made, setMade] = useState<{ account: Account; phrase: string } | undefined>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = "Create an account · Pryv"; }, []);
  useEffect(() => { if (step !== "account") heading.current?.focus(); }, [step]);
  useEffect(() => {
    if (made === undefined) return;
    // The phrase is shown now or never.
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => removeEventListener("beforeunload", hold);
  }, [made]);
  const names: { readonly [step in Step]: string } = { account: "Create an account", phrase: "Keep your recovery phrase", check: "Check your recovery phrase" };
  return (
    <div class="stack loose wide">
      <ol class="steps" aria-label="Steps">
        {(["account", "phrase", "check"] as const).map((one) => (
          <li key={one} aria-current={one === step ? "step" : undefined}>{{ account: "Account", phrase: "Recovery phrase", check: "Check" }[one]}</li>
        ))}
      </ol>
      <h2 style={{ fontSize: "1.6rem" }} ref={heading} tabIndex={-1}>{names[step]}</h2>
      {made === undefined
        ? <Begin onMade={(next) => { setMade(next); setStep("phrase"); }} />
        : step === "phrase"
          ? <Phrase phrase={made.phrase} username={made.account.username} onNext={() => setStep("check")} />
          : <Check phrase={made.phrase} onBack={() => setStep("phrase")} onDone={() => enter(made.account)} />}
    </div>
  );
}

function Begin({ onMade }: { onMade: (made: { account: Account; phrase: string }) => void }): JSX.Element {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const weak = useJudged(username, password);
  const doing = useDoing();
  const named = username === "" || USERNAME.test(username);
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => onMade(await connected().signUp(username, password)));
  };
  return (
    <>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for="username">Username</label>
          <input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck={false} required value={username}
            aria-describedby="username-hint" aria-invalid={!named || undefined}
            onInput={(event) => setUsername(event.currentTarget.value.trim().toLowerCase())} />
          <span class="hint" id="username-hint">3 to 32 letters a–z, digits and hyphens. Others find you by it, so it need not be your real name.</span>
        </div>
        <PasswordField label="Password" autocomplete="new-password" value={password} onChange={setPassword} fault={weak}
          hint="Four or five unrelated words make a good one. It never leaves this device: nobody can reset it for you." />
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <button type="submit" class="button primary wide" disabled={doing.busy || !named || username === "" || password === "" || weak !== undefined}>
          {doing.busy ? <><span class="waiting" aria-hidden="true" />Making your keys…</> : "Create my account"}
        </button>
      </form>
      <p>Have an account already? <a href={to("sign-in")}>Sign in</a></p>
    </>
  );
}

function Phrase({ phrase, username, onNext }: { phrase: string; username: string; onNext: () => void }): JSX.Element {
  return (
    <>
      <p>These words open your account if you forget your password. <strong>Write them on paper, in order.</strong> Whoever has them can open your data, and without password and phrase nobody can, not even whoever runs the server.</p>
      <ol class="phrase" aria-label={`Recovery phrase of ${username}`}>
        {phrase.split(" ").map((word, at) => <li key={at}>{word}</li>)}
      </ol>
      <div class="row">
        <button type="button" class="button small" onClick={() => print()}><Icon name="print" size={16} />Print</button>
        <Copy text={phrase} what="Recovery phrase" />
      </div>
      <p class="muted small">A phone's photo or an e-mail is not a safe place: they are copied to others' computers.</p>
      <button type="button" class="button primary wide" onClick={onNext}>I have written it down</button>
    </>
  );
}

function Check({ phrase, onBack, onDone }: { phrase: string; onBack: () => void; onDone: () => Promise<void> }): JSX.Element {
  const words = phrase.split(" ");
  const asked = useMemo(() => three(words.length), [phrase]);
  const [typed, setTyped] = useState<readonly string[]>(["", "", ""]);
  const [wrong, setWrong] = useState<readonly number[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const doing = useDoing();
  const submit = (event: Event): void => {
    event.preventDefault();
    const bad = [0, 1, 2].filter((at) => typed[at]?.trim().toLowerCase() !== words[asked[at] ?? -1]);
    setWrong(bad);
    if (bad.length === 0) void doing.run(onDone);
    else form.current?.querySelectorAll("input")[bad[0] ?? 0]?.focus();
  };
  return (
    <form class="stack" onSubmit={submit} ref={form}>
      <p>Look at your paper and type these three words.</p>
      {asked.map((word, at) => (
        <div class="field" key={word}>
          <label for={`word-${word}`}>Word {word + 1}</label>
          <input id={`word-${word}`} autocomplete="off" autocapitalize="none" spellcheck={false} required value={typed[at] ?? ""}
            aria-invalid={wrong.includes(at) || undefined} aria-describedby={wrong.includes(at) ? `word-${word}-fault` : undefined}
            onInput={(event) => { setTyped(typed.map((one, index) => (index === at ? event.currentTarget.value : one))); setWrong(wrong.filter((one) => one !== at)); }} />
          {wrong.includes(at) && <span class="fault" id={`word-${word}-fault`}>This is not word {word + 1}. Compare it with your paper, or go back and look again.</span>}
        </div>
      ))}
      {doing.error !== undefined && <Trouble error={doing.error} focus />}
      <div class="row">
        <button type="button" class="button" disabled={doing.busy} onClick={onBack}>Show the phrase again</button>
        <button type="submit" class="button primary grow" disabled={doing.busy || typed.some((one) => one.trim() === "")}>
          {doing.busy && <span class="waiting" aria-hidden="true" />}Finish
        </button>
      </div>
    </form>
  );
}

/** Three places, one of each third, so that nobody gets by with the first line. */
function three(length: number): number[] {
  const third = length / 3;
  const random = crypto.getRandomValues(new Uint32Array(3));
  return [0, 1, 2].map((part) => Math.floor(part * third + ((random[part] ?? 0) / 2 ** 32) * third));
}
