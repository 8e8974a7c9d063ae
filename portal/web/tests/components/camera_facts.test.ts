// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { RecentCounts } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { about, gateTotals, recentCounts, zoneLevels } from "../../src/components/camera_facts";
import { TimeFormat } from "../../src/format";
import type { Connection } from "../../src/state/camera_store";
import { CITY, camera } from "../support/builders";

function app(connection: Connection = "live"): AppContext {
  const store = { connection, shownLevel: (level: string) => (connection === "lost" ? "unknown" : level) };
  return { city: CITY, time: new TimeFormat(CITY.timezone), store } as unknown as AppContext;
}

function texts(element: HTMLElement, selector: string): string[] {
  return [...element.querySelectorAll(selector)].map(({ textContent }) => textContent ?? "");
}

describe("the facts of a camera", () => {
  it("are its site, its owner and its state", () => {
    const facts = about(camera("a", { name: "Kabil", owner: "Dinas" }), false);
    expect(texts(facts, "dt")).toEqual(["Lokasi", "Pemilik", "Keadaan kamera"]);
    expect(texts(facts, "dd")).toEqual(["Kabil", "Dinas", "Kamera tersambung"]);
  });

  it("have the system message of its condition apart, marked as English", () => {
    const down = camera("a", { status: "offline", condition: "unreachable", details: { error: "no route to host" } });
    const facts = about(down, false);
    expect(texts(facts, "dt")).toContain("Pesan sistem");
    expect(texts(facts, "dd [lang=en]")).toEqual(["no route to host"]);
    expect(texts(facts, "dd")[3]).not.toContain("no route");
  });
});

describe("the effect of an overload", () => {
  const usual = { wanted_fps: 5, analysed_fps: 5, held_fps: 1, overloaded: false, age_p95_s: 0.2 };
  const shown = (reached: number | null, picture_scale: number | null): string | undefined => {
    const facts = about(camera("a", { load: { ...usual, reached, picture_scale } }), false);
    const row = texts(facts, "dt").indexOf("Akibat kelebihan beban");
    return row < 0 ? undefined : texts(facts, "dd")[row];
  };

  it("is what it does to frames and pictures", () => {
    expect(shown(0.8, 1)).toBe("20% gambar terlewat");
    expect(shown(1, 0.5)).toBe("gambar diperkecil menjadi 50%, kendaraan kecil dapat terlewat");
    expect(shown(0.8, 0.75)).toBe("20% gambar terlewat; gambar diperkecil menjadi 75%, kendaraan kecil dapat terlewat");
  });

  it("is not shown where there is none, or none is known", () => {
    expect(shown(1, 1)).toBeUndefined();
    expect(shown(null, null)).toBeUndefined();
    expect(shown(0.998, 0.999)).toBeUndefined();
  });
});

describe("the state of a camera", () => {
  it("is not known while the connection is lost", () => {
    const facts = about(camera("a", { status: "degraded", condition: "unreachable" }), true);
    expect(texts(facts, "dd")).toEqual(["a", "–", "Tidak diketahui selama sambungan terputus"]);
  });
});

describe("the levels of the zones", () => {
  const zones = [
    { id: "view", level: "dense" as const, speed_kmh: 23.4, since_at: "2026-11-22T00:00:00Z", sight: null },
    { id: "masuk", level: "unknown" as const, speed_kmh: null, since_at: null, sight: "clear" as const },
  ];

  it("have names, speeds and times", () => {
    const list = zoneLevels(app(), camera("a", { zones }));
    expect(texts(list, "strong")).toEqual(["Seluruh gambar", "Ruas masuk"]);
    expect(texts(list, ".hint")).toEqual(["23 km/jam · sejak 07.00 WIB", "belum dapat dinilai"]);
  });

  it("state why a blind camera has no level, and what a doubtful one misses", () => {
    const [known, unknown] = zones.map((zone, i) => ({
      ...zone,
      sight: i ? ("blind" as const) : ("doubtful" as const),
    }));
    const list = zoneLevels(app(), camera("a", { zones: [known, unknown].filter((zone) => zone !== undefined) }));
    expect(texts(list, ".hint")[0]).toMatch(/^Gelap, silau, atau hujan: sebagian kendaraan tidak terhitung · 23 km/);
    expect(texts(list, ".hint")[1]).toBe("Gelap, silau, atau hujan: kamera tidak dapat melihat lalu lintas");
  });

  it("are unknown, without details, while the connection is lost", () => {
    const list = zoneLevels(app("lost"), camera("a", { zones }));
    expect(texts(list, ".level-badge")).toEqual(["Tidak ada data", "Tidak ada data"]);
    expect(texts(list, ".hint")).toEqual([]);
  });
});

describe("recent counts", () => {
  const counts = { car: 3, motorcycle: 9 };
  const recent: RecentCounts = {
    camera_id: "a",
    from_at: "2026-11-22T00:00:00Z",
    to_at: "2026-11-22T00:02:00Z",
    observed_s: 60,
    minutes: [
      { start_at: "2026-11-22T00:00:00Z", observed: 1, counts },
      { start_at: "2026-11-22T00:01:00Z", observed: 0, counts: null },
    ],
    totals: [{ gate: "utara", direction: "A", counts }],
  };

  it("have their sum, the observed share, and a gap for an unobserved minute", () => {
    const shown = recentCounts(app(), recent, null);
    expect(texts(shown, ".hint")).toEqual(["12 tercatat dalam 15 menit; 50% teramati"]);
    expect(shown.querySelectorAll("[data-gap]")).toHaveLength(1);
  });

  it("have a gap for a blind minute, which is analysed and not observed", () => {
    const blind = { ...recent, minutes: recent.minutes.map((minute) => ({ ...minute, observed: 1 })) };
    const shown = recentCounts(app(), blind, "blind");
    expect(texts(shown, ".hint")).toEqual(["12 tercatat dalam 15 menit; 50% teramati"]);
    expect(shown.querySelectorAll("[data-gap]")).toHaveLength(1);
  });

  it("state why a camera that has been blind all the time has none", () => {
    const blind = { ...recent, minutes: recent.minutes.map((minute) => ({ ...minute, observed: 1, counts: null })) };
    const expected = "Gelap, silau, atau hujan: kamera tidak dapat melihat lalu lintas";
    expect(recentCounts(app(), blind, "blind").textContent).toBe(expected);
  });

  it("are totals by gate and direction, with the classes that crossed", () => {
    const table = gateTotals(app(), recent);
    expect(texts(table, "thead th")).toEqual(["Garis hitung", "Arah", "Jumlah", "Mobil", "Sepeda motor"]);
    expect(texts(table, "tbody > tr > *")).toEqual(["utara", "A", "12", "3", "9"]);
  });

  it("are a sentence where nothing was observed", () => {
    const none = { ...recent, minutes: recent.minutes.slice(1), totals: [] };
    expect(recentCounts(app(), none, null).textContent).toBe("Belum ada hitungan dari kamera ini.");
    expect(gateTotals(app(), none).textContent).toBe("Belum ada hitungan dari kamera ini.");
  });
});
