/** Finds a group: one's own by its name, somebody else's by the word that they told. */

import type { GroupContact } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { groups, round } from "../holdings.ts";
import { useDoing, useLoad } from "../load.tsx";
import { me } from "../session.ts";
import { Fingerprint } from "./fingerprint.tsx";
import { Trouble } from "./trouble.tsx";

interface Found {
  readonly to: GroupContact;
  readonly name: string;
}

export function FindGroup({ found, onFound }: { found: Found | undefined; onFound: (found: Found | undefined) => void }): JSX.Element {
  const own = useLoad(groups, [round.value]);
  const [id, setId] = useState("");
  const doing = useDoing();
  const find = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => onFound({ to: await me().findGroup(id.replaceAll(/\s/g, "").toLowerCase()), name: "the group" }));
  };
  if (found !== undefined) {
    return (
      <div class="group stack tight">
        <div class="row between"><span class="strong">{found.name}</span><button type="button" class="button quiet small" onClick={() => onFound(undefined)}>Another group</button></div>
        {found.to.account !== me().id && <p class="hint">Whoever made this group decides who is in it. Compare this fingerprint with them: by phone, or side by side.</p>}
        {found.to.account !== me().id && <Fingerprint of={found.to.fingerprint} label="Fingerprint of the group" />}
      </div>
    );
  }
  return (
    <div class="stack tight">
      {own.value !== undefined && own.value.length > 0 && (
        <div class="pills" role="group" aria-label="My groups">
          {own.value.map((one) => <button key={one.id} type="button" class="pill" disabled={doing.busy} onClick={() => void doing.run(async () => onFound({ to: await one.card(), name: one.title }))}>{one.title}</button>)}
        </div>
      )}
      <form class="stack tight" onSubmit={find}>
        <label for="share-group" class="strong">A group of somebody else</label>
        <div class="row" style={{ flexWrap: "nowrap" }}>
          <input id="share-group" autocomplete="off" autocapitalize="none" spellcheck={false} placeholder="The word of the group" required value={id} onInput={(event) => setId(event.currentTarget.value)} />
          <button type="submit" class="button" disabled={doing.busy || id.trim() === ""}>{doing.busy && <span class="waiting" aria-hidden="true" />}Find</button>
        </div>
      </form>
      {doing.error !== undefined && <Trouble error={doing.error} />}
    </div>
  );
}
