/** Finds somebody by username, and shows the fingerprint to compare before anything is given. */

import type { Contact } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useDoing } from "../load.tsx";
import { me } from "../session.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { Trouble } from "./trouble.tsx";

export function FindPerson({ contact, onFound, label = "With whom?" }: { contact: Contact | undefined; onFound: (contact: Contact | undefined) => void; label?: string }): JSX.Element {
  const [username, setUsername] = useState("");
  const doing = useDoing();
  const find = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      onFound(await me().find(username.trim().toLowerCase()));
      setUsername("");
    });
  };
  if (contact !== undefined) {
    return (
      <div class="group stack tight">
        <div class="row between"><span class="strong">{contact.username}</span><button type="button" class="button quiet small" onClick={() => onFound(undefined)}>Somebody else</button></div>
        <p class="hint">Is it really them? Compare this fingerprint with the one under “Settings” on their screen: by phone, or side by side. From now on nobody can take their place.</p>
        <Fingerprint of={contact.fingerprint} words={contact.words} label={`Fingerprint of ${contact.username}`} />
      </div>
    );
  }
  return (
    <form class="stack tight" onSubmit={find}>
      <label for="share-with" class="strong">{label}</label>
      <div class="row" style={{ flexWrap: "nowrap" }}>
        <input id="share-with" autocomplete="off" autocapitalize="none" spellcheck={false} placeholder="Their username" required value={username} onInput={(event) => setUsername(event.currentTarget.value)} />
        <button type="submit" class="button" disabled={doing.busy || username.trim() === ""}>{doing.busy && <span class="waiting" aria-hidden="true" />}Find</button>
      </div>
      {doing.error !== undefined && <Trouble error={doing.error} />}
    </form>
  );
}
