/** Groups of this person's: what is shared with one is read by its members. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { changed, groups, round } from "../holdings.ts";
import { Load, useDoing, useLoad } from "../load.tsx";
import { Icon } from "../parts/icon.tsx";
import { Page } from "../parts/page.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { go, to } from "../route.ts";
import { me } from "../session.ts";

export function Groups(): JSX.Element {
  const found = useLoad(groups, [round.value]);
  const [title, setTitle] = useState("");
  const doing = useDoing();
  const make = (event: Event): void => {
    event.preventDefault();
    void doing.run(async () => {
      const { id } = await me().createGroup(title.trim());
      changed();
      go(to("groups", id));
    });
  };
  return (
    <Page title="Groups" narrow back={[to("access"), "Who has access"]} lead="Share once with a team, a family or a practice: its members read what it is given, and whoever leaves reads nothing new.">
      <Load of={found} what="your groups">
        {(all) => all.length === 0
          ? <p class="muted">You have no group yet.</p>
          : (
            <ul class="card list">
              {all.map((one) => <li key={one.id}><a class="item" href={to("groups", one.id)}><Icon name="shared" /><span class="grow strong">{one.title}</span><Icon name="forward" size={18} /></a></li>)}
            </ul>
          )}
      </Load>
      <form class="card stack tight" onSubmit={make}>
        <label for="group-title" class="strong">A new group</label>
        <div class="row" style={{ flexWrap: "nowrap" }}>
          <input id="group-title" maxLength={100} autocomplete="off" placeholder="My doctors" value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
          <button type="submit" class="button" disabled={doing.busy || title.trim() === ""}>{doing.busy && <span class="waiting" aria-hidden="true" />}Make it</button>
        </div>
        <span class="hint">Only its members read this name.</span>
        {doing.error !== undefined && <Trouble error={doing.error} focus />}
      </form>
    </Page>
  );
}
