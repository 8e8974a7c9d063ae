/** Land of Natural Earth in cells of a grid: which of them a view needs, and their content. */

/** Degrees. */
export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** File of a cell. Rings of a polygon with holes, by the even-odd rule: x, y of the first point, then differences. */
export interface LandCell {
  /** Units of the numbers a degree. */
  scale: number;
  rings: number[][];
}

/** Name of the land outside all cells, in less detail. */
const WORLD = "world";
/** Width and height of a cell (degrees). [source: portal/web/codegen/land.py] */
const CELL_DEG = 8;

/** Names of the files that a view needs. names: of all files; cells are `WEST_SOUTH`, such as `104_-4`. */
export function filesFor(view: Box, names: Iterable<string>): string[] {
  const needed: string[] = [];
  let covered = 0;
  for (const name of names) {
    const cell = cellOf(name);
    if (cell && overlaps(view, cell)) needed.push(name);
    if (cell) covered += overlapArea(view, cell);
  }
  const area = (view.east - view.west) * (view.north - view.south);
  return covered < area * (1 - 1e-6) ? [...needed, WORLD] : needed;
}

/** Rings as latitude and longitude. */
export function decodeRings({ scale, rings }: LandCell): [number, number][][] {
  return rings.map((numbers) => {
    const ring: [number, number][] = [];
    let [x, y] = [0, 0];
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      x += numbers[i] ?? 0;
      y += numbers[i + 1] ?? 0;
      ring.push([y / scale, x / scale]);
    }
    return ring;
  });
}

function cellOf(name: string): Box | null {
  const match = /^(-?\d+)_(-?\d+)$/.exec(name);
  if (!match) return null;
  const [west, south] = [Number(match[1]), Number(match[2])];
  return { west, south, east: west + CELL_DEG, north: south + CELL_DEG };
}

function overlaps(a: Box, b: Box): boolean {
  return a.west < b.east && b.west < a.east && a.south < b.north && b.south < a.north;
}

function overlapArea(a: Box, b: Box): number {
  const width = Math.min(a.east, b.east) - Math.max(a.west, b.west);
  const height = Math.min(a.north, b.north) - Math.max(a.south, b.south);
  return Math.max(0, width) * Math.max(0, height);
}
