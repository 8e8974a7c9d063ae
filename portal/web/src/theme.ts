/** Light and dark appearance: that of the device, unless the reader chose one in this browser. */

import { remember, remembered } from "./preferences";

export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];
/** Key in the local storage of the browser: one of THEMES. */
const STORAGE_KEY = "simpang.theme";
/** Colours of the browser's own bar, as `--surface` in base.css. */
const BAR_COLORS = { light: "#ffffff", dark: "#131d2b" };

let chosen: Theme = "system";
let listens = false;

export function theme(): Theme {
  return chosen;
}

export function setTheme(wanted: Theme): void {
  remember(STORAGE_KEY, wanted);
  apply(wanted);
}

/** Applies the stored choice; a page in a frame may be given one by its address instead. */
export function restoreTheme(given: string | null = null): void {
  const known = THEMES.find((each) => each === (given ?? remembered(STORAGE_KEY)));
  apply(known ?? "system");
  if (listens) return;
  listens = true;
  deviceIsDark()?.addEventListener?.("change", () => apply(chosen));
}

function apply(wanted: Theme): void {
  chosen = wanted;
  const dark = wanted === "system" ? (deviceIsDark()?.matches ?? false) : wanted === "dark";
  const shown = dark ? "dark" : "light";
  document.documentElement.dataset.theme = shown;
  for (const bar of document.querySelectorAll("meta[name=theme-color]")) {
    bar.setAttribute("content", BAR_COLORS[shown]);
  }
}

function deviceIsDark(): MediaQueryList | null {
  return window.matchMedia?.("(prefers-color-scheme: dark)") ?? null;
}
