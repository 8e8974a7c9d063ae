/** Congestion levels and their order. The order is that of the server's enum. */

import { type Level, levelValues } from "./api/schema";

/** Known levels, best first. */
export const KNOWN_LEVELS: readonly Level[] = levelValues.filter((level) => level !== "unknown");

/** Worst first; `unknown` last, because it is neither good nor bad. */
export const LEVELS: readonly Level[] = [...KNOWN_LEVELS].reverse().concat("unknown");

/** The worst known level; `unknown` if none is known. */
export function worstLevel(levels: Iterable<Level>): Level {
  const present = new Set(levels);
  return LEVELS.find((level) => present.has(level)) ?? "unknown";
}

/** Sorts worst first. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}
