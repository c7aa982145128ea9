/** Share: with whom, what, how far, until when. The person is shown by fingerprint before anything is given. */

import type { Access, Collection, Contact, CreatedLink, GrantOn, GroupContact, Level, TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed, type Vocabulary } from "../holdings.ts";
import { useDoing } from "../load.tsx";
import { to } from "../route.ts";
import { me } from "../session.ts";
import { CAN, day, LEVEL } from "../words.ts";
import { Copy } from "./copy.tsx";
import { Dialog } from "./dialog.tsx";
import { FindGroup } from "./find-group.tsx";
import { FindPerson } from "./find-person.tsx";
import { Icon } from "./icon.tsx";
import { PasswordField } from "./password-field.tsx";
import { TermPicker, termName } from "./term-picker.tsx";
import { Trouble } from "./trouble.tsx";

const SPANS = [["A week", 7], ["A month", 30], ["3 months", 91], ["A year", 365], ["Until I end it", 0]] as const;

export function Share({ collection, vocabularies, onClose }: {
  collection: Collection;
  vocabularies: readonly Vocabulary[];
  onClose: () => void;
}): JSX.Element {
  const [way, setWay] = useState<"person" | "group" | "link">("person");
  const [contact, setContact] = useState<Contact | undefined>();
  const [group, setGroup] = useState<{ readonly to: GroupContact; readonly name: string } | undefined>();
  const [term, setTerm] = useState<TermId | undefined>();
  const [level, setLevel] = useState<Level>("read");
  const [days, setDays] = useState<number | "day">(91);
  const [until, setUntil] = useState("");
  const [past, setPast] = useState(true);
  const [purpose, setPurpose] = useState("");
  const [password, setPassword] = useState("");
  const [uses, setUses] = useState("");
  const [made, setMade] = useState<Access | undefined>();
  const [link, setLink] = useState<CreatedLink | undefined>();
  const doing = useDoing();

  const grantee = way === "person" ? contact : group?.to;
  const who = way === "person" ? contact?.username : group?.name;
  if (made !== undefined && who !== undefined) {
    return (
      <Dialog title="Shared" onClose={onClose}>
        <div class="notice"><Icon name="check" /><span><strong>{who}</strong> can {CAN[level]} {term === undefined ? `“${collection.title}”` : `what is labelled “${termName(vocabularies, term)}” in “${collection.title}”`} {made.validUntil === undefined ? "until you end it" : `until ${day(made.validUntil)}`}.</span></div>
        <p>{way === "group" ? `Each member of ${who}` : who} finds it under “Shared with me”. You can see what was read under “Activity”, and end it at any time.</p>
        <div class="row end"><a class="button" href={to("access", made.id)}>Look at this access</a><button type="button" class="button primary" onClick={onClose}>Done</button></div>
      </Dialog>
    );
  }
  if (link !== undefined) {
    return (
      <Dialog title="Your link is ready" onClose={onClose}>
        <p>Whoever has this link {password === "" ? "" : "and the password "}can {CAN[level]} “{collection.title}”. <strong>It is shown only now</strong>: it holds the key, which is kept nowhere.</p>
        <textarea readOnly class="mono" rows={4} aria-label="The link" value={link.url} onFocus={(event) => event.currentTarget.select()} />
        <div class="row"><Copy text={link.url} what="Link" label="Copy the link" /></div>
        {password !== "" && <p class="muted small">Tell the password by another way than the link: by phone, if the link goes by e-mail.</p>}
        <div class="row end"><button type="button" class="button primary" onClick={onClose}>Done</button></div>
      </Dialog>
    );
  }

  const last = days === "day" ? (until === "" ? undefined : new Date(`${until}T23:59:59`)) : days === 0 ? undefined : new Date(Date.now() + days * 86_400_000);
  const ready = (way === "link" || grantee !== undefined) && (days !== "day" || (last !== undefined && last.getTime() > Date.now()));
  const on: GrantOn = term === undefined ? { collection, level } : { term, level, within: [collection] };
  const terms = { name: collection.title, purpose: purpose.trim(), withoutHistory: !past, ...(last !== undefined && { until: last }) };
  const levels: readonly Level[] = way === "group" ? ["read"] : way === "link" ? ["read", "create-only"] : ["read", "contribute", "create-only", "manage"];
  const submit = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      if (grantee !== undefined && way !== "link") setMade(await me().grant({ to: grantee, on, ...terms }));
      else setLink(await me().createLink({ on, ...terms, ...(password !== "" && { password }), ...(uses !== "" && { uses: Number(uses) }) }));
      changed();
    });
  };
  return (
    <Dialog title={`Share “${collection.title}”`} onClose={onClose} locked={doing.busy}>
      <div class="pills" role="group" aria-label="Share with">
        <button type="button" class="pill" aria-pressed={way === "person"} onClick={() => setWay("person")}><Icon name="shared" size={16} />A person</button>
        <button type="button" class="pill" aria-pressed={way === "group"} onClick={() => { setWay("group"); setLevel("read"); }}><Icon name="shared" size={16} />A group</button>
        <button type="button" class="pill" aria-pressed={way === "link"} onClick={() => { setWay("link"); if (level !== "create-only") setLevel("read"); }}><Icon name="link" size={16} />Whoever has a link</button>
      </div>
      {way === "person" && <FindPerson contact={contact} onFound={setContact} />}
      {way === "group" && <FindGroup found={group} onFound={setGroup} />}
      <form class="stack" onSubmit={submit}>
        {vocabularies.some(({ terms: all }) => all.size > 0) && (
          <TermPicker label="What" none={`All of “${collection.title}”`} vocabularies={vocabularies} value={term} onChange={setTerm} />
        )}
        <fieldset>
          <legend>What may they do?</legend>
          <div class="choices">
            {levels.map((one) => (
              <label key={one} class="choice">
                <input type="radio" name="level" checked={level === one} onChange={() => setLevel(one)} />
                <span><span class="strong">{LEVEL[one].name}</span><br /><span class="hint">{LEVEL[one].hint}</span></span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>Until when?</legend>
          <div class="pills">
            {SPANS.map(([name, length]) => <label key={name} class="pill"><input type="radio" name="until" checked={days === length} onChange={() => setDays(length)} />{name}</label>)}
            <label class="pill"><input type="radio" name="until" checked={days === "day"} onChange={() => setDays("day")} />A day…</label>
          </div>
          {days === "day" && <input type="date" aria-label="Last day" style={{ marginTop: "0.6rem" }} required value={until} onInput={(event) => setUntil(event.currentTarget.value)} />}
        </fieldset>
        {level !== "create-only" && (
          <label class="check"><input type="checkbox" checked={past} onChange={(event) => setPast(event.currentTarget.checked)} />
            <span>With what is there already <span class="hint">Otherwise only what you add from now on.</span></span></label>
        )}
        <div class="field">
          <label for="purpose">What for? <span class="muted">(optional)</span></label>
          <input id="purpose" maxLength={200} placeholder="Follow-up of my treatment" value={purpose} onInput={(event) => setPurpose(event.currentTarget.value)} />
          <span class="hint">Only you and they can read this.</span>
        </div>
        {way === "link" && (
          <>
            <PasswordField label="Password for the link (recommended)" autocomplete="off" value={password} onChange={setPassword} hint="Without it the link opens nothing, should it get into other hands." />
            <div class="field">
              <label for="uses">How often may it be opened? <span class="muted">(optional)</span></label>
              <input id="uses" type="number" min={1} step={1} inputMode="numeric" placeholder="As often as they like" value={uses} onInput={(event) => setUses(event.currentTarget.value)} />
            </div>
          </>
        )}
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
        <div class="row end">
          <button type="button" class="button" disabled={doing.busy} onClick={onClose}>Cancel</button>
          <button type="submit" class="button primary" disabled={!ready || doing.busy}>
            {doing.busy && <span class="waiting" aria-hidden="true" />}{way === "link" ? "Make the link" : who === undefined ? "Share" : `Share with ${who}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
