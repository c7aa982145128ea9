/** Who is signed in on this page. The keys are in the worker; here is a handle. */

import { signal } from "@preact/signals";
import { Pryv, PryvError, type Account, type Client, type OpenedLink, type Stored } from "@pryv/sdk";
import { go, to } from "./route.ts";
import { forget } from "./holdings.ts";

/** What the page waits for at its start. */
export const phase = signal<"starting" | "ready" | "broken">("starting");
/** Why it did not start. */
export const broken = signal<unknown>(undefined);
export const client = signal<Client | undefined>(undefined);
export const account = signal<Account | undefined>(undefined);
/** A link that was opened, with or without an account. */
export const link = signal<OpenedLink | undefined>(undefined);
/** Whether the session outlives the page. */
export const kept = signal<Stored | undefined>(undefined);

/** Connects to the server that this page is from, and takes up the session that the browser keeps. */
export async function start(): Promise<void> {
  phase.value = "starting";
  try {
    client.value ??= await Pryv.connect(location.origin);
    const resumed = await client.value.resume();
    if (resumed !== undefined) {
      account.value = resumed;
      kept.value = { stored: true };
      void upkeep(resumed);
    }
    phase.value = "ready";
  } catch (error) {
    if (error instanceof PryvError && client.value !== undefined && isStorage(error)) {
      kept.value = { stored: false, warning: error };
      phase.value = "ready";
    } else {
      broken.value = error;
      phase.value = "broken";
    }
  }
}

function isStorage({ code }: PryvError): boolean {
  return code === "storage-unavailable";
}

/** The client; pages are shown only once there is one. */
export function connected(): Client {
  if (client.value === undefined) throw new PryvError("not-connected", "the page has not started yet", { next: "load the page again" });
  return client.value;
}

/** The account; pages of a signed-in person are shown only while there is one. */
export function me(): Account {
  if (account.value === undefined) throw new PryvError("session-ended", "you are signed out", { kind: "locked", next: "sign in again" });
  return account.value;
}

/** Somebody signed in: shows the pages, keeps the session, and does what a program does when it starts. */
export async function enter(who: Account): Promise<void> {
  kept.value = await who.store();
  forget();
  account.value = who;
  if (["sign-in", "sign-up", "recover", "join"].includes(location.hash.slice(2))) go(to(), { replace: true });
  void upkeep(who);
}

/**
 * New keys where an access expired, and tokens under the present keys for what was written before. What fails here is tried at the next
 * start: nothing that the person waits for.
 */
async function upkeep(who: Account): Promise<void> {
  await who.maintain().catch(() => undefined);
  await who.reindex().catch(() => undefined);
}

/** Signs out: here, at the server, and in what the browser keeps. */
export async function leave(): Promise<void> {
  const who = me();
  await who.logOut();
  end();
}

/** Forgets who was signed in, without asking the server: it said that the session is over. */
export function end(): void {
  account.value = undefined;
  kept.value = undefined;
  forget();
  go(to(), { replace: true });
}
