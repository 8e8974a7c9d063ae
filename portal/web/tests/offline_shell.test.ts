/** The service worker: which requests it answers from its files. */

import { expect, it } from "vitest";
import source from "../public/sw.js?raw";

const ROOT = "https://kota.example.id/lalin/";

/** Whether the worker answers the request of a file, instead of leaving it to the browser. */
async function answers(path: string): Promise<boolean> {
  const listeners = new Map<string, (event: unknown) => void>();
  const scope = {
    location: { href: `${ROOT}sw.js` },
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
  };
  const stored = { ok: true };
  const caches = { open: () => Promise.resolve({ match: () => Promise.resolve(stored) }) };
  new Function("self", "caches", source)(scope, caches);
  let answer: Promise<unknown> | undefined;
  const respondWith = (given: Promise<unknown>): void => {
    answer = given;
  };
  listeners.get("fetch")?.({ request: { method: "GET", mode: "cors", url: ROOT + path }, respondWith });
  return (await answer) === stored;
}

it("keeps the code, and leaves the many files of coasts to the browser", async () => {
  expect(await answers("assets/map-Blrq-J4M.js")).toBe(true);
  expect(await answers("assets/map-BZa2LvpQ.css")).toBe(true);
  expect(await answers("assets/104_0-W7-hiuYx.json")).toBe(false);
  expect(await answers("api/cameras")).toBe(false);
});
