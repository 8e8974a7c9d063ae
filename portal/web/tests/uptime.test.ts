// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import type { PeriodUptime } from "../src/api/schema";
import { setLanguage } from "../src/i18n";
import { asDuration, asShare, causesText, exactPercent, observedShareOf, worstFirst } from "../src/uptime";

const DAY_S = 86_400;

function uptime(observed_s: number, unobserved_s: Record<string, number> = {}): PeriodUptime {
  return { observed_s, unobserved_s };
}

afterEach(() => setLanguage("id"));

describe("the observed share", () => {
  it.each<[PeriodUptime | null, number | null]>([
    [uptime(75, { link: 20, view: 5 }), 0.75],
    [uptime(60), 1],
    [uptime(0, { worker: 60 }), 0],
    [uptime(0), null],
    [null, null],
  ])("of %j is %j", (period, share) => {
    expect(observedShareOf(period)).toBe(share);
  });

  it.each<[number, string]>([
    [1, "100%"],
    [0.99999, "99,9%"],
    [0.9964, "99,6%"],
    [0.5, "50%"],
    [0.00001, "0,1%"],
    [0, "0%"],
  ])("%d reads %s", (share, text) => {
    expect(exactPercent(share)).toBe(text);
  });
});

describe("the order", () => {
  it("has the least observed first, and those without data last", () => {
    const row = (name: string, total: PeriodUptime | null) => ({ name, total, periods: [] });
    const rows = [
      row("c", null),
      row("b", uptime(9, { link: 1 })),
      row("d", uptime(1)),
      row("a", uptime(9, { view: 1 })),
    ];
    expect(worstFirst([...rows, row("e", uptime(0, { unknown: 5 }))]).map(({ name }) => name)).toEqual([
      "e",
      "a",
      "b",
      "d",
      "c",
    ]);
  });
});

describe("the causes", () => {
  it("are named in plain words, the longest first", () => {
    const period = uptime(DAY_S, { view: 90, link: 3 * DAY_S + 7200 + 60, unknown: 30 });
    expect(causesText(period, asDuration)).toBe(
      "Sambungan ke kamera terputus 3 hari 2 jam; pandangan tertutup, gelap, atau bergeser 1 menit; penyebab tidak diketahui 30 detik",
    );
    setLanguage("en");
    expect(causesText(uptime(50, { site_power: 50 }), asShare)).toBe(
      "The whole site is down (its power or its network): 50%",
    );
  });

  it("that this page does not know are unknown", () => {
    expect(causesText(uptime(1, { gremlins: 60 }), asDuration)).toBe("Penyebab tidak diketahui 1 menit");
  });

  it("are absent where all was observed", () => {
    expect(causesText(uptime(60, { link: 0 }), asShare)).toBe("Teramati tanpa henti");
  });
});
