// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import type { Measure, NumericMeasure } from "../../src/history/measures";
import { axisText, cellText, chartMeasures, columnHeading, columnMeasures, MEASURES } from "../../src/history/measures";
import { setLanguage } from "../../src/i18n";
import { historyRow } from "../support/builders";

afterEach(() => setLanguage("id"));

function measure(field: Measure["field"]): Measure {
  const found = MEASURES.find((each) => each.field === field);
  if (!found) throw new Error(`no measure ${field}`);
  return found;
}

describe("a column", () => {
  it("is shown for flow and speed, and for other measures only where a row has a value", () => {
    const fields = (rows: Parameters<typeof columnMeasures>[0]): string[] =>
      columnMeasures(rows).map(({ field }) => field);
    expect(fields([historyRow()])).toEqual(["flow_veh_h", "speed_kmh"]);
    expect(fields([historyRow(), historyRow({ saturation: 0.4, level_of_service: "C", occupancy: 0.1 })])).toEqual([
      "flow_veh_h",
      "speed_kmh",
      "saturation",
      "level_of_service",
    ]);
  });

  it("has a heading with its unit in the reader's language, or the symbol of the measure", () => {
    expect(columnHeading(measure("smp_h"))).toBe("Arus smp (smp/jam)");
    expect(columnHeading(measure("saturation"))).toBe("DJ");
    setLanguage("en");
    expect(columnHeading(measure("smp_h"))).toBe("Flow in passenger-car units (smp/h)");
  });
});

describe("a value", () => {
  it.each<[Measure["field"], number | "D", string]>([
    ["flow_veh_h", 1234.5, "1.235"],
    ["speed_kmh", 32.46, "32,5"],
    ["saturation", 0.666, "0,67"],
    ["headway_under_2s", 0.2, "20%"],
    ["level_of_service", "D", "D"],
  ])("of %s is written with its decimals", (field, value, text) => {
    expect(cellText(measure(field), historyRow({ [field]: value }))).toBe(text);
  });

  it("that is not known has no text", () => {
    expect(cellText(measure("flow_veh_h"), historyRow())).toBeNull();
  });

  it.each<[Measure["field"], number, string]>([
    ["flow_veh_h", 0.4, "0,4"],
    ["saturation", 0.25, "0,25"],
    ["occupancy", 0.25, "25%"],
  ])("of %s on an axis has one decimal at least", (field, value, text) => {
    expect(axisText(measure(field) as NumericMeasure, value)).toBe(text);
  });
});

describe("measures", () => {
  it("have each field once", () => {
    const fields = MEASURES.map(({ field }) => field);
    expect(new Set(fields).size).toBe(fields.length);
  });

  it("with a chart are numeric", () => {
    expect(chartMeasures().map(({ field }) => field)).not.toContain("level_of_service");
  });
});
