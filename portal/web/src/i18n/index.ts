/** Language of the page, and its texts. Bahasa Indonesia is the default. */

import { remember, remembered } from "../preferences";
import { english } from "./en";
import { indonesian, type TextKey } from "./id";

export type { TextKey } from "./id";
export type Language = "id" | "en";
/** A text by language; some texts exist in one language only. */
type LocalizedText = Readonly<Record<string, string>>;

const TEXTS: Record<Language, Record<TextKey, string>> = { id: indonesian, en: english };
/** Key in the local storage of the browser: "id" or "en". */
const STORAGE_KEY = "simpang.language";

let current: Language = "id";

export function language(): Language {
  return current;
}

/** Locale of dates and numbers. British English writes the day first and counts 24 hours, as Indonesian does. */
export function locale(): string {
  return current === "id" ? "id-ID" : "en-GB";
}

export function setLanguage(chosen: Language): void {
  show(chosen);
  remember(STORAGE_KEY, chosen);
}

function show(chosen: Language): void {
  current = chosen;
  document.documentElement.lang = chosen;
}

/** Sets the language that a page in a frame was given, else the last chosen in this browser; Indonesian by default. */
export function restoreLanguage(given: string | null = null): void {
  show((given ?? remembered(STORAGE_KEY)) === "en" ? "en" : "id");
}

/** The text of a key, with `{name}` replaced by the value of that name. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[current][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text in the current language, or in the only language that it has. */
export function localized(text: LocalizedText): string {
  return text[current] ?? Object.values(text)[0] ?? "";
}

/** The text of an identifier that the server sends (a class, an incident type); the identifier if it is unknown. */
export function label(identifier: string): string {
  return identifier in indonesian ? t(identifier as TextKey) : identifier;
}
