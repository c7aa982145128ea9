/** The receipts of accesses that were ended: kept in a collection of their own, encrypted like everything. */

import type { Collection, LeaveReceipt, Receipt } from "@pryv/sdk";
import { allCollections, forget, RECEIPTS } from "./holdings.ts";
import { me } from "./session.ts";

/** A receipt as it is kept. */
export interface KeptReceipt {
  readonly access: string;
  readonly at: string;
  readonly text: string;
  readonly json: string;
}

/** Keeps a receipt. */
export async function keepReceipt({ access, endedAt, text, json }: Receipt | LeaveReceipt): Promise<void> {
  const all = await me().define({
    uri: RECEIPTS, title: "Receipts",
    types: {
      receipt: {
        type: "object", required: ["access", "at", "text", "json"], additionalProperties: false,
        properties: { access: { type: "string" }, at: { type: "string", format: "date-time" }, text: { type: "string" }, json: { type: "string" } },
      },
    },
    indexes: [{ field: "/access", kind: "unique" }],
  });
  await all.create<KeptReceipt>({ access, at: endedAt.toISOString(), text, json });
  forget();
}

/** The receipt of an access, if it was kept. */
export async function receiptOf(access: string): Promise<KeptReceipt | undefined> {
  const all: Collection | undefined = (await allCollections()).find(({ definition }) => definition.uri === RECEIPTS);
  return (await all?.query<KeptReceipt>().eq("/access", access).fetch())?.records[0]?.data;
}
