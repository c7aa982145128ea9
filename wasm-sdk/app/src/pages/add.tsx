/** Add a record. */

import { PryvError, type TermId } from "@pryv/sdk";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { RecordForm } from "../form/form.tsx";
import { changed, collectionAt, vocabulariesOf } from "../holdings.ts";
import { Load, useLoad } from "../load.tsx";
import { Page } from "../parts/page.tsx";
import { TermPicker } from "../parts/term-picker.tsx";
import { say } from "../parts/toast.tsx";
import { go, toPlace, type Place } from "../route.ts";

export function Add({ place }: { place: Place }): JSX.Element {
  const opened = useLoad(async () => {
    const collection = await collectionAt(place);
    return { collection, vocabularies: await vocabulariesOf(place, collection).catch(() => []) };
  }, [place.by, place.scope]);
  const [term, setTerm] = useState<TermId | undefined>();
  const back = toPlace(place);
  return (
    <Page title="Add a record" narrow back={[back, opened.value?.collection.title ?? "Back"]}>
      <Load of={opened} what="the form">
        {({ collection, vocabularies }) => (
          <div class="card">
            <RecordForm collection={collection} verb="Add the record" onCancel={() => go(back)}
              onSave={async (data) => {
                try {
                  const record = await collection.create(data, term === undefined ? {} : { terms: [term] });
                  changed();
                  say("Added.", collection.level === "create-only" ? undefined : () => void collection.delete(record).then(() => { changed(); say("Taken back."); }, () => say("It could not be taken back. Open the record to delete it.")));
                } catch (error) {
                  // A writer who may not read is not answered with the record: it is there all the same.
                  if (!(error instanceof PryvError && error.code === "write-only")) throw error;
                  say("Added.");
                }
                go(back);
              }}>
              {vocabularies.some(({ terms }) => terms.size > 0) && <TermPicker label="Label (optional)" none="No label" vocabularies={vocabularies} value={term} onChange={setTerm} />}
            </RecordForm>
          </div>
        )}
      </Load>
    </Page>
  );
}
