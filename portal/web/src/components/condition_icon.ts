/** Icon of a camera's state: a shape of its own for each, so that colour is never the only difference. */

import type { ConditionKind } from "../camera_condition";
import { svg } from "../dom";

/** Outlines in a square of 16. */
const PATHS: Record<ConditionKind, string> = {
  live: "M8 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  delayed: "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 5v3.500l2.500 1.500",
  frozen: "M5 3v10M11 3v10",
  unusable: "M8 2 14.500 13.500H1.500zM8 6.500v3.500M8 11.700v.300",
  connecting: "M3 8h.010M8 8h.010M13 8h.010",
  offline: "M3.500 3.500 12.500 12.500M12.500 3.500 3.500 12.500",
  maintenance: "M8 1.500 14.500 8 8 14.500 1.500 8zM8 5.500v3M8 10.500v.300",
  unknown: "M5.500 6a2.500 2.500 0 1 1 3.600 2.200Q8 8.800 8 10M8 12.500v.300",
};

export function conditionIcon(kind: ConditionKind): SVGElement {
  const path = svg("path", { d: PATHS[kind] });
  return svg("svg", { viewBox: "0 0 16 16", class: "condition-icon", "aria-hidden": "true" }, path);
}
