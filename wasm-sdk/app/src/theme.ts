/** Light or dark: as the system says, or as the person chose on this device. */

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "pryv-theme";

/** What the person chose. */
export const theme = signal<Theme>(chosen());

function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

/** Chooses, and keeps the choice if the browser keeps anything. */
export function choose(next: Theme): void {
  theme.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is blocked: the choice lives as long as the page.
  }
}

/** Lets the page follow the choice and the system from now on. */
export function followTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = signal(system.matches);
  system.addEventListener("change", ({ matches }) => { dark.value = matches; });
  effect(() => {
    const now = theme.value === "system" ? (dark.value ? "dark" : "light") : theme.value;
    document.documentElement.dataset["theme"] = now;
  });
}
