/** Favourite cameras of the reader, kept in this browser only. */

import { remember, remembered } from "./preferences";

/** Key in the local storage of the browser: a JSON array of camera ids, in the order in which they were added. */
const STORAGE_KEY = "simpang.favorites";
/** Most favourites that are kept. [assumption: more are no choice] */
const MAX_FAVORITES = 100;

let ids: string[] | null = null;
const listeners = new Set<() => void>();

export function favorites(): readonly string[] {
  ids ??= parsed(remembered(STORAGE_KEY));
  return ids;
}

export function isFavorite(id: string): boolean {
  return favorites().includes(id);
}

export function toggleFavorite(id: string): void {
  ids = isFavorite(id) ? favorites().filter((each) => each !== id) : [...favorites(), id].slice(-MAX_FAVORITES);
  remember(STORAGE_KEY, JSON.stringify(ids));
  for (const listener of [...listeners]) listener();
}

/** Calls `listener` after every change, also in another tab, until the returned function is called. */
export function onFavorites(listener: () => void): () => void {
  const stored = (event: StorageEvent): void => {
    if (event.key !== STORAGE_KEY) return;
    ids = null;
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", stored);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", stored);
  };
}

/** A value of another version, or one that was damaged, has no favourites. */
function parsed(stored: string | null): string[] {
  try {
    const value: unknown = JSON.parse(stored ?? "[]");
    return Array.isArray(value) ? value.filter((id) => typeof id === "string").slice(0, MAX_FAVORITES) : [];
  } catch {
    return [];
  }
}
