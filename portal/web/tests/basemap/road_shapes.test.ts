import { describe, expect, it } from "vitest";
import { lengthened, type PixelPoint, type ScreenRoad, spread, weightOf } from "../../src/basemap/road_shapes";

function road(x: number, fromY: number, toY: number, weight = 7): ScreenRoad {
  return {
    line: [
      { x, y: fromY },
      { x, y: toY },
    ],
    weight,
  };
}

function places(lines: readonly PixelPoint[][]): number[] {
  return lines.map(([first]) => Math.round((first?.x ?? 0) * 10) / 10);
}

describe("roads beside each other", () => {
  it("are moved apart about their middle, whatever their order and direction", () => {
    expect(places(spread([road(0, 0, 40), road(2, 40, 0)]))).toEqual([-4, 6]);
    expect(places(spread([road(2, 40, 0), road(0, 0, 40)]))).toEqual([6, -4]);
    expect(places(spread([road(0, 0, 40), road(1, 0, 40), road(2, 0, 40)]))).toEqual([-9, 1, 11]);
  });

  it("stay where they are far enough apart", () => {
    expect(places(spread([road(0, 0, 40), road(11, 40, 0)]))).toEqual([0, 11]);
  });

  it("stay where one follows the other", () => {
    expect(places(spread([road(0, 0, 40), road(0, 41, 80)]))).toEqual([0, 0]);
  });

  it("stay where they cross", () => {
    const across: ScreenRoad = {
      line: [
        { x: -20, y: 20 },
        { x: 20, y: 20 },
      ],
      weight: 7,
    };
    expect(places(spread([road(0, 0, 40), across]))).toEqual([0, -20]);
  });
});

describe("a road on the screen", () => {
  it("is as wide as on the ground, within limits", () => {
    expect(weightOf(7, 0.5)).toBe(14);
    expect(weightOf(7, 10)).toBe(7);
    expect(weightOf(60, 0.5)).toBe(26);
  });

  it("is lengthened to a symbol away from its camera", () => {
    const short = [
      { x: 1, y: 0 },
      { x: 3, y: 0 },
    ];
    expect(lengthened(short, { x: 0, y: 0 })).toEqual([
      { x: 1, y: 0 },
      { x: 29, y: 0 },
    ]);
    expect(lengthened(short, { x: 9, y: 0 }).map(({ x }) => x)).toEqual([-25, 3]);
    const long = road(0, 0, 40).line;
    expect(lengthened(long, { x: 0, y: 0 })).toEqual(long);
  });
});
