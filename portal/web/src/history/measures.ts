/** Measures that the history page shows: name, unit and format. To show another one, add it to MEASURES. */

import type { HistoryRow } from "../api/schema";
import { number, percent } from "../format";
import { type Language, localized } from "../i18n";

/** Fields of a row, by the type that a known value has. Time, coverage and level have columns of their own. */
type FieldOf<T> = Exclude<
  { [K in keyof HistoryRow]: HistoryRow[K] extends T | null ? K : never }[keyof HistoryRow],
  "start_at" | "end_at" | "coverage" | "level"
>;

interface Description {
  name: Record<Language, string>;
  unit?: Record<Language, string>;
  /** Heading in the table, in place of name and unit. */
  symbol?: string;
}

/** A measure with a chart. digits: decimals in the table. color: CSS custom property of its line. */
export interface NumericMeasure extends Description {
  field: FieldOf<number>;
  format: { digits: number } | "share";
  color: string;
  /** Whether it has a column: by default where a row has a value. */
  column?: "always" | "never";
}

/** A measure that has a column only. */
interface WordMeasure extends Description {
  field: FieldOf<string>;
  format: "word";
}

export type Measure = NumericMeasure | WordMeasure;

/** In the order of the charts and columns. Names of fields come from the generated type of the API. */
export const MEASURES: readonly Measure[] = [
  {
    field: "flow_veh_h",
    name: { id: "Arus", en: "Flow" },
    unit: { id: "kend./jam", en: "veh/h" },
    format: { digits: 0 },
    color: "--class-car",
    column: "always",
  },
  {
    field: "speed_kmh",
    name: { id: "Kecepatan", en: "Speed" },
    unit: { id: "km/jam", en: "km/h" },
    format: { digits: 1 },
    color: "--class-truck",
    column: "always",
  },
  {
    field: "relative_speed",
    name: { id: "Kecepatan terhadap arus bebas", en: "Speed relative to free flow" },
    format: "share",
    color: "--class-truck",
    column: "never",
  },
  {
    field: "occupancy",
    name: { id: "Okupansi", en: "Occupancy" },
    format: "share",
    color: "--class-bus",
    column: "never",
  },
  {
    field: "smp_h",
    name: { id: "Arus smp", en: "Flow in passenger-car units" },
    unit: { id: "smp/jam", en: "smp/h" },
    format: { digits: 0 },
    color: "--class-car",
  },
  {
    field: "saturation",
    name: { id: "Derajat kejenuhan", en: "Degree of saturation" },
    unit: { id: "DJ = q/C", en: "DJ = q/C" },
    symbol: "DJ",
    format: { digits: 2 },
    color: "--class-bus",
  },
  { field: "level_of_service", name: { id: "Tingkat pelayanan", en: "Level of service" }, format: "word" },
  {
    field: "headway_median_s",
    name: { id: "Waktu antara (median)", en: "Time headway (median)" },
    unit: { id: "detik", en: "s" },
    format: { digits: 1 },
    color: "--class-motorcycle",
  },
  {
    field: "headway_under_2s",
    name: { id: "Waktu antara di bawah 2 detik", en: "Headways under 2 s" },
    format: "share",
    color: "--class-motorcycle",
  },
];

/** Measures with a chart, in the order of the page. */
export function chartMeasures(): NumericMeasure[] {
  return MEASURES.filter((measure) => measure.format !== "word");
}

/** Measures with a column: those of every table, and those that a row has a value for. */
export function columnMeasures(rows: readonly HistoryRow[]): Measure[] {
  return MEASURES.filter((measure) => {
    const column = measure.format === "word" ? undefined : measure.column;
    return column === "always" || (column !== "never" && rows.some((row) => cellText(measure, row) !== null));
  });
}

export function columnHeading({ name, unit, symbol }: Measure): string {
  return symbol ?? localized(name) + (unit ? ` (${localized(unit)})` : "");
}

/** The value of a row as text; null where it is not known. */
export function cellText(measure: Measure, row: HistoryRow): string | null {
  if (measure.format === "word") return row[measure.field];
  const value = row[measure.field];
  return value === null ? null : write(measure, value);
}

/** Formats a value on the axis of a chart, where steps are smaller than in a table: with one decimal at least. */
export function axisText({ format }: NumericMeasure, value: number): string {
  return format === "share" ? percent(value) : number(value, Math.max(1, format.digits));
}

function write({ format }: NumericMeasure, value: number): string {
  return format === "share" ? percent(value) : number(value, format.digits);
}
