// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { History } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { empNote, hasData, historyCharts, historyTable, sightNote } from "../../src/components/history_charts";
import { TimeFormat } from "../../src/format";
import { CITY, historyRow } from "../support/builders";

const APP = { city: CITY, time: new TimeFormat(CITY.timezone) } as AppContext;

function history(changes: Partial<History> = {}): History {
  return { camera_id: "kabil-1", gate: null, zone: null, interval_s: 900, rows: [historyRow()], ...changes };
}

const GATE = history({
  gate: "utara",
  rows: [
    historyRow({ counts: { car: 3, motorcycle: 0 }, flow_veh_h: 12, headway_median_s: 3.2 }),
    historyRow({ start_at: "2026-11-22T00:15:00Z", coverage: 0 }),
  ],
});
const ZONE = history({ zone: "masuk", rows: [historyRow({ level: "dense", speed_kmh: 20, smp_h: 900 })] });

function cells(table: HTMLElement, selector: string): (string | null)[] {
  return [...table.querySelectorAll(selector)].map(({ textContent }) => textContent);
}

function opened(table: HTMLElement): HTMLElement {
  table.dispatchEvent(new Event("toggle"));
  return table;
}

describe("charts", () => {
  it("are drawn for measures with a value only", () => {
    const titles = (shown: History): (string | null)[] =>
      [...historyCharts(APP, shown).element.children].map((chart) => chart.getAttribute("aria-label"));
    expect(titles(GATE)).toEqual(["Jumlah menurut jenis", "Arus", "Waktu antara (median)"]);
    expect(titles(ZONE)).toEqual(["Tingkat kepadatan", "Kecepatan", "Arus smp"]);
  });
});

describe("the table", () => {
  it("of a gate has the classes that crossed, and dashes where nothing was observed", () => {
    const table = opened(historyTable(APP, GATE));
    expect(cells(table, "thead th")).toEqual([
      "Waktu (WIB)",
      "Teramati",
      "Mobil",
      "Arus (kend./jam)",
      "Kecepatan (km/jam)",
      "Waktu antara (median) (detik)",
    ]);
    expect(cells(table, "tbody tr:nth-child(1) td")).toEqual(["100%", "3", "12", "–", "3,2"]);
    expect(cells(table, "tbody tr:nth-child(2) td")).toEqual(["0%", "–", "–", "–", "–"]);
  });

  it("of a zone has its level in words", () => {
    const table = opened(historyTable(APP, ZONE));
    expect(cells(table, "tbody td")).toContain("Ramai");
  });

  it("adds its rows when it is opened", () => {
    const table = historyTable(APP, GATE);
    expect(cells(table, "tbody tr")).toEqual([]);
    expect(cells(opened(table), "tbody tr")).toHaveLength(2);
  });
});

describe("a history", () => {
  it("has data where a row was observed", () => {
    expect(hasData(GATE)).toBe(true);
    expect(hasData(history({ rows: [historyRow({ coverage: 0 })] }))).toBe(false);
  });

  it("has a note and a column on the detector's sight only where it is not clear", () => {
    const rows = [historyRow({ sight: "clear" }), historyRow({ sight: "blind" })];
    expect(sightNote(history({ rows: rows.slice(0, 1) }))).toBeNull();
    expect(sightNote(history({ rows }))?.textContent).toContain("Titik-titik");
    const table = opened(historyTable(APP, history({ rows })));
    expect(cells(table, "thead th")).toContain("Penglihatan kamera");
    expect(cells(table, "tbody td")).toContain("tidak terlihat");
    expect(cells(historyTable(APP, ZONE), "thead th")).not.toContain("Penglihatan kamera");
  });

  it("has a note on emp weights only where one is not confirmed", () => {
    expect(empNote(ZONE)).toBeNull();
    const note = empNote(history({ rows: [historyRow({ emp_verified: false })] }));
    expect(note?.textContent).toContain("PKJI 2023");
  });
});
