/** Congestion levels: their order, and the shape that says the same as the colour. */

import { h, svg } from "./dom";
import { t, type TextKey } from "./i18n";

export type Level = "free" | "dense" | "congested" | "jammed" | "unknown";

/** Worst first; `unknown` last, because it is neither good nor bad. */
export const LEVELS: readonly Level[] = ["jammed", "congested", "dense", "free", "unknown"];

const NAMES: Record<Level, TextKey> = {
  free: "levelFree",
  dense: "levelDense",
  congested: "levelCongested",
  jammed: "levelJammed",
  unknown: "levelUnknown",
};

const BARS: Record<Level, number> = { free: 1, dense: 2, congested: 3, jammed: 4, unknown: 0 };

export function levelName(level: Level): string {
  return t(NAMES[level]);
}

/** The worst known level; `unknown` only where nothing is known. */
export function worstLevel(levels: Iterable<Level>): Level {
  const present = new Set(levels);
  return LEVELS.find((level) => present.has(level)) ?? "unknown";
}

export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/** Four rising bars, as many filled as the road is full; a crossed circle where nothing is known. */
export function levelIcon(level: Level): SVGElement {
  const icon = svg("svg", { viewBox: "0 0 18 16", class: "level-icon", "aria-hidden": "true" });
  if (level === "unknown") {
    icon.append(svg("circle", { cx: 9, cy: 8, r: 6, class: "stroke" }), svg("path", { d: "M5 12 13 4", class: "stroke" }));
    return icon;
  }
  for (let bar = 0; bar < 4; bar += 1) {
    const height = 4 + bar * 3.5;
    const state = bar < BARS[level] ? "on" : "off";
    icon.append(svg("rect", { x: 1 + bar * 4.3, y: 15.5 - height, width: 3, height, rx: 1, class: state }));
  }
  return icon;
}

export function badge(level: Level, note = ""): HTMLElement {
  return h("span", { class: `badge level-${level}`, "data-level": level }, levelIcon(level), levelName(level), note);
}
