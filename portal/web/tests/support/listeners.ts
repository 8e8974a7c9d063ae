/** Removes the listeners that a test has added to `document` and `window`, which outlive it. */

import { vi } from "vitest";

/** Returns the function that removes them. */
export function collectListeners(): () => void {
  const removals: (() => void)[] = [];
  for (const target of [document, window]) {
    const add = target.addEventListener.bind(target);
    vi.spyOn(target, "addEventListener").mockImplementation(
      (type: string, listener: EventListenerOrEventListenerObject | null) => {
        if (!listener) return;
        add(type, listener as EventListener);
        removals.push(() => target.removeEventListener(type, listener as EventListener));
      },
    );
  }
  return () => {
    for (const remove of removals) remove();
  };
}
