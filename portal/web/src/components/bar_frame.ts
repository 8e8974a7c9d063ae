/** Frame of a bar chart: its size, the axis of values with three lines, and the times below. */

import "./bar_frame.css";

import { svg } from "../dom";
import { number } from "../format";

/** Widest chart, its height, and the margins for the two axes, in units of the view box (about pixels). */
const MAX_WIDTH = 600;
const HEIGHT = 180;
const BOTTOM = 22;
const LEFT = 44;
/** Space above the highest bar. */
const TOP = 8;

/** Where bars are drawn. bottom, height: of the area of the bars. scale: units of a value of 1. */
export interface BarFrame {
  readonly chart: SVGElement;
  readonly left: number;
  readonly step: number;
  readonly bottom: number;
  readonly height: number;
  readonly scale: number;
}

/** greatest: value that the chart must hold. bars: number of them. description: for screen readers. */
export function barFrame(name: string, description: string, bars: number, greatest: number): BarFrame {
  const wide = Math.min(MAX_WIDTH, window.innerWidth - 64);
  const top = niceTop(greatest);
  const bottom = HEIGHT - BOTTOM;
  const scale = (bottom - TOP) / top;
  const chart = svg("svg", {
    viewBox: `0 0 ${wide} ${HEIGHT}`,
    class: `bar-chart ${name}`,
    role: "img",
    "aria-label": description,
  });
  for (const value of [0, top / 2, top]) {
    const y = bottom - value * scale;
    chart.append(
      svg("line", { x1: LEFT, x2: wide, y1: y, y2: y, class: "grid-line" }),
      svg("text", { x: LEFT - 6, y: y + 4, class: "axis-label end" }, number(value)),
    );
  }
  return { chart, left: LEFT, step: (wide - LEFT) / Math.max(1, bars), bottom, height: bottom - TOP, scale };
}

/** The time below a bar; the last one ends at the edge. */
export function barTime({ left, step }: BarFrame, index: number, bars: number, text: string): SVGElement {
  const last = index === bars - 1;
  const x = left + step * (last ? bars : index + 0.5);
  return svg("text", { x, y: HEIGHT - 5, class: last ? "axis-label end" : "axis-label middle" }, text);
}

/** The smallest of 2, 4, 6, 8, 10, 20, 40... that is not below `value`, so that half of it is whole. */
function niceTop(value: number): number {
  for (let power = 1; ; power *= 10) {
    for (const factor of [2, 4, 6, 8, 10]) if (factor * power >= value) return factor * power;
  }
}
