/** Roads of the zones on the screen: wide enough to be seen, and beside each other where they would overlap. */

export interface PixelPoint {
  x: number;
  y: number;
}

export interface ScreenRoad {
  /** Centre line; of an area without one, its outline. */
  line: PixelPoint[];
  /** Width of the drawn line (pixels). */
  weight: number;
}

/** Narrowest and widest drawn line (pixels). [assumption: the pattern of a level can be seen] */
const MIN_WEIGHT = 7;
const MAX_WEIGHT = 26;
/** Shortest drawn line (pixels), as a symbol of a road that would be a dot. [assumption] */
const MIN_LENGTH = 28;
/** Room between two lines beside each other (pixels): their dark edges. */
const GAP = 3;
/** Cosine of the largest angle between parallel roads: 30 degrees. [assumption] */
const MIN_COSINE = Math.cos(Math.PI / 6);

export function weightOf(widthM: number, metresPerPixel: number): number {
  return Math.max(MIN_WEIGHT, Math.min(MAX_WEIGHT, widthM / metresPerPixel));
}

/** A line of at least `MIN_LENGTH`, lengthened away from the point `from`, which is near one of its ends. */
export function lengthened(line: readonly PixelPoint[], from: PixelPoint): PixelPoint[] {
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last) return [];
  const length = distance(first, last);
  if (length >= MIN_LENGTH || length === 0) return [...line];
  const origin = distance(first, from) <= distance(last, from) ? first : last;
  const by = MIN_LENGTH / length;
  return line.map(({ x, y }) => ({ x: origin.x + (x - origin.x) * by, y: origin.y + (y - origin.y) * by }));
}

/** Moves the roads of a camera apart that run beside each other closer than their widths. Their middle stays. */
export function spread(roads: readonly ScreenRoad[]): PixelPoint[][] {
  const lines = roads.map(({ line }) => [...line]);
  for (const group of groupsOf(roads)) {
    const [first] = group;
    if (first === undefined || group.length < 2) continue;
    const across = normalOf(roads[first] as ScreenRoad);
    const sideways = (index: number): number => dot(middleOf(roads[index] as ScreenRoad), across);
    const order = [...group].sort((a, b) => sideways(a) - sideways(b));
    const places: number[] = [];
    for (const index of order) {
      const before = places.at(-1);
      const apart = (roads[index] as ScreenRoad).weight + GAP;
      places.push(before === undefined ? sideways(index) : Math.max(sideways(index), before + apart));
    }
    const moved = places.map((place, n) => place - sideways(order[n] as number));
    const mean = moved.reduce((sum, by) => sum + by, 0) / moved.length;
    order.forEach((index, n) => {
      const by = (moved[n] as number) - mean;
      lines[index] = moveBy(roads[index] as ScreenRoad, { x: across.x * by, y: across.y * by });
    });
  }
  return lines;
}

function moveBy({ line }: ScreenRoad, by: PixelPoint): PixelPoint[] {
  return line.map(({ x, y }) => ({ x: x + by.x, y: y + by.y }));
}

/** Indexes of roads that run beside each other. */
function groupsOf(roads: readonly ScreenRoad[]): number[][] {
  const groups: number[][] = [];
  roads.forEach((road, index) => {
    const joined = groups.filter((group) => group.some((other) => areBeside(road, roads[other] as ScreenRoad)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push([...joined.flat(), index]);
  });
  return groups;
}

function areBeside(a: ScreenRoad, b: ScreenRoad): boolean {
  const [along, other] = [courseOf(a), courseOf(b)];
  if (Math.abs(dot(along, other)) < MIN_COSINE) return false;
  const [from, to] = extent(a.line, along);
  const [otherFrom, otherTo] = extent(b.line, along);
  const across = { x: -along.y, y: along.x };
  const gap = Math.abs(dot(middleOf(a), across) - dot(middleOf(b), across));
  return from < otherTo && otherFrom < to && gap < (a.weight + b.weight) / 2 + GAP;
}

function extent(line: readonly PixelPoint[], along: PixelPoint): [number, number] {
  const places = line.map((point) => dot(point, along));
  return [Math.min(...places), Math.max(...places)];
}

function courseOf({ line }: ScreenRoad): PixelPoint {
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last) return { x: 0, y: 0 };
  const length = distance(first, last) || 1;
  return { x: (last.x - first.x) / length, y: (last.y - first.y) / length };
}

function normalOf(road: ScreenRoad): PixelPoint {
  const { x, y } = courseOf(road);
  return { x: -y, y: x };
}

function middleOf({ line }: ScreenRoad): PixelPoint {
  const sum = line.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / line.length, y: sum.y / line.length };
}

function dot(a: PixelPoint, b: PixelPoint): number {
  return a.x * b.x + a.y * b.y;
}

function distance(a: PixelPoint, b: PixelPoint): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
