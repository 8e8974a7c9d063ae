/** Badge of a congestion level: colour, shape and word. The shape repeats the colour for colour-blind readers. */

import "./level_badge.css";

import type { Level } from "../api/schema";
import { h, svg } from "../dom";
import { type TextKey, t } from "../i18n";
import { KNOWN_LEVELS } from "../levels";

/** Names of the levels. */
const NAMES: Record<Level, TextKey> = {
  free: "levelFree",
  dense: "levelDense",
  congested: "levelCongested",
  jammed: "levelJammed",
  unknown: "levelUnknown",
};

export function levelName(level: Level): string {
  return t(NAMES[level]);
}

/** Rising bars, one more filled for each worse level; a crossed circle for `unknown`. */
export function levelIcon(level: Level): SVGElement {
  const icon = svg("svg", { viewBox: "0 0 18 16", class: "level-icon", "aria-hidden": "true" });
  if (level === "unknown") {
    icon.append(
      svg("circle", { cx: 9, cy: 8, r: 6, class: "stroke" }),
      svg("path", { d: "M5 12 13 4", class: "stroke" }),
    );
    return icon;
  }
  const filled = KNOWN_LEVELS.indexOf(level) + 1;
  for (let bar = 0; bar < KNOWN_LEVELS.length; bar += 1) {
    const height = 4 + bar * 3.5;
    const state = bar < filled ? "on" : "off";
    icon.append(svg("rect", { x: 1 + bar * 4.3, y: 15.5 - height, width: 3, height, rx: 1, class: state }));
  }
  return icon;
}

export function levelBadge(level: Level): HTMLElement {
  return h("span", { class: `level-badge level-${level}`, "data-level": level }, levelIcon(level), levelName(level));
}
