/** What things are called in front of a person. */

import type { Access, AccessStatus, Level } from "@pryv/sdk";

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const FULL_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });

export const when = (date: Date): string => WHEN.format(date);
export const day = (date: Date): string => DAY.format(date);
export const fullDay = (date: Date): string => FULL_DAY.format(date);
export const clock = (date: Date): string => CLOCK.format(date);
export const number = (value: number): string => NUMBER.format(value);

/** How long ago, or how soon, in the largest unit that fits. */
export function ago(date: Date, now = Date.now()): string {
  const seconds = (date.getTime() - now) / 1000;
  const units = [["year", 31_557_600], ["month", 2_629_800], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]] as const;
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return AGO.format(Math.round(seconds / length), unit);
  }
  return "just now";
}

/** “1 record”, “12 records”. */
export function count(of: number, one: string, many = `${one}s`): string {
  return `${NUMBER.format(of)} ${of === 1 ? one : many}`;
}

/** How large, in a unit that is read easily. */
export function size(bytes: number): string {
  return bytes < 1024 ? `${bytes} bytes` : bytes < 1024 * 1024 ? `${NUMBER.format(Math.round(bytes / 102.4) / 10)} KB` : `${NUMBER.format(Math.round(bytes / 104_857.6) / 10)} MB`;
}

/** What a level lets somebody do, as it completes “Bob can …”. */
export const CAN: { readonly [level in Level]: string } = {
  read: "read",
  "create-only": "add to, but not read,",
  contribute: "read and add to",
  manage: "read, add to and share onwards",
};

/** A level by itself. */
export const LEVEL: { readonly [level in Level]: { readonly name: string; readonly hint: string } } = {
  read: { name: "Read", hint: "Sees everything, changes nothing." },
  contribute: { name: "Read and add", hint: "Sees everything, and can add, change and delete records." },
  "create-only": { name: "Add only", hint: "Can send you records, and sees nothing of what is there. For a device or a lab." },
  manage: { name: "Manage", hint: "Can do all of that, and share it with others. You can end what they shared." },
};

const STATUS: { readonly [status in AccessStatus]: { readonly name: string; readonly look: "good" | "warn" | "bad" | "" } } = {
  active: { name: "Active", look: "good" },
  "not-yet-valid": { name: "Not begun", look: "warn" },
  expired: { name: "Run out", look: "" },
  revoked: { name: "Ended", look: "" },
};

/** Whether whoever held an access ended it. */
export const wasLeft = ({ revokedBy, grantee }: Access): boolean => revokedBy === grantee;

/** What an access is now, and how that is shown. */
export function statusOf(access: Access): { readonly name: string; readonly look: string } {
  return wasLeft(access) ? { name: "Left", look: "" } : STATUS[access.status];
}

/** Until when, as it follows what somebody can do. `mine`: the access is one's own. */
export function until(access: Access, mine = false): string {
  const { status, validUntil, revokedAt, validFrom } = access;
  if (status === "revoked") {
    const ended = wasLeft(access) ? `${mine ? "you left" : "left by them"}` : "ended";
    return revokedAt === undefined ? ended : `${ended} on ${day(revokedAt)}`;
  }
  if (status === "expired") return validUntil === undefined ? "run out" : `ran out on ${day(validUntil)}`;
  const from = status === "not-yet-valid" && validFrom !== undefined ? `from ${day(validFrom)} ` : "";
  return `${from}${validUntil === undefined ? `until ${mine ? "they" : "you"} end it` : `until ${day(validUntil)}`}`;
}
