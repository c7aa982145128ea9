/** What went wrong, in words, with what to do next. */

import { PryvError } from "@pryv/sdk";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { end } from "../session.ts";
import { Icon } from "./icon.tsx";

/** What it means to the person, by code, where the SDK's words are for programmers. */
const TITLES: { readonly [code: string]: string } = {
  offline: "The server cannot be reached",
  "wrong-credentials": "Username and password do not match",
  "session-ended": "You were signed out",
  "not-authenticated": "You were signed out",
  revoked: "This access has ended",
  expired: "This access has run out",
  "access-not-valid": "This access has run out",
  "not-yet-valid": "This access has not begun yet",
  "not-granted": "This is not shared with you",
  "write-only": "You may add here, but not read",
  "read-only": "You may read here, but not change anything",
  "rate-limited": "Too many attempts",
  "username-taken": "This username is taken",
  "version-conflict": "Somebody changed this in the meantime",
  "not-unique": "There is one with this value already",
  "invalid-record": "Some fields need another look",
  "not-indexed": "The server cannot look for this",
  unindexed: "This is still to be indexed",
  "link-exhausted": "This link was used up",
  "still-grants": "You shared this with others",
  "already-revoked": "This has ended already",
  "storage-full": "The server is full",
  "storage-unavailable": "This browser keeps nothing",
  "worker-failed": "The page could not start",
  forked: "The server shows different histories to your devices",
  "rolled-back": "The server shows an older state than before",
  "revocation-dropped": "The server no longer stands by this",
  aborted: "Stopped",
};

const NEXT: { readonly [code: string]: string } = {
  offline: "Check your connection, then try again. Nothing that you typed is lost.",
  "wrong-credentials": "Check the username and type the password again. If you forgot it, use your recovery phrase.",
  "rate-limited": "Wait a moment, then try again.",
  "version-conflict": "Load it again, then make your change to the newer version.",
  "username-taken": "Choose another username. If it is yours, sign in instead.",
};

/** The title of an error. */
export function titleOf(error: unknown): string {
  if (!(error instanceof PryvError)) return "Something went wrong";
  return TITLES[error.code] ?? {
    offline: "The server cannot be reached",
    refused: "The server said no",
    distrust: "The server's answer cannot be trusted",
    locked: "This is not open to you",
    input: "This is not possible as asked",
    local: "Something went wrong on this device",
  }[error.kind];
}

function sentence(words: string): string {
  const text = words.trim();
  if (text === "") return "";
  return text[0]!.toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

function causes(error: Error): string[] {
  const below: string[] = [];
  for (let at = error.cause; at instanceof Error && below.length < 8; at = at.cause) below.push(at.message);
  return below;
}

/** An error as it stands on a page. It is read aloud when it appears. */
export function Trouble({ error, onRetry, focus = false }: {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** Moves the reader to it: after something that the person started. */
  focus?: boolean;
}): JSX.Element {
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => { if (focus) here.current?.focus(); }, [error]);
  const known = error instanceof PryvError ? error : undefined;
  const over = known?.code === "session-ended" || known?.code === "not-authenticated";
  const calm = known?.kind === "locked" || known?.kind === "input" || known?.code === "wrong-credentials" || known?.code === "aborted";
  const words = sentence(known === undefined ? String(error instanceof Error ? error.message : error) : known.message);
  // Said once is enough.
  const message = words.toLowerCase() === `${titleOf(error).toLowerCase()}.` ? "" : words;
  const advice = known === undefined ? "Try again. If it stays, load the page again." : NEXT[known.code] ?? sentence(known.next ?? "");
  const next = message.toLowerCase().includes(advice.toLowerCase()) ? "" : advice;
  const below = error instanceof Error ? causes(error) : [];
  return (
    <div class={`notice ${calm ? "warn" : "bad"} appear`} role="alert" tabIndex={-1} ref={here}>
      <Icon name={known?.kind === "offline" ? "offline" : known?.kind === "locked" ? "lock" : "warning"} />
      <div class="stack tight grow">
        <strong>{titleOf(error)}</strong>
        <span>{[message, next].filter((part) => part !== "").join(" ")}</span>
        {known !== undefined && (
          <details class="small">
            <summary>Details for support</summary>
            <p class="mono">{[known.code, ...below, known.details.request].filter((part) => part !== undefined).join(" · ")}</p>
          </details>
        )}
        {(onRetry !== undefined || over) && (
          <div class="row" style={{ marginTop: "0.35rem" }}>
            {over
              ? <button type="button" class="button small" onClick={end}>Sign in again</button>
              : <button type="button" class="button small" onClick={onRetry}>Try again</button>}
          </div>
        )}
      </div>
    </div>
  );
}
