/** Choices of the reader, kept in this browser. A browser that stores nothing for framed sites forgets them. */

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The choice holds until the page is closed.
  }
}

/** The stored value of a key; null where there is none, or the browser refuses. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
