// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UptimeReport } from "../../src/api/schema";
import type { AppContext, Page } from "../../src/app_context";
import { TimeFormat } from "../../src/format";
import { openUptime } from "../../src/pages/uptime";
import { CITY } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const GOOD = { observed_s: 86_400, unobserved_s: {} };
const BAD = { observed_s: 82_800, unobserved_s: { link: 3600 } };
const ALL = { observed_s: 169_200, unobserved_s: { link: 3600 } };
const REPORT: UptimeReport = {
  assessed_until: "2026-11-22T05:00:00Z",
  months: ["2026-10", "2026-11"],
  periods: ["2026-11-20", "2026-11-21", "2026-11-22"],
  city: { total: ALL, periods: [GOOD, BAD, null] },
  cameras: [
    { id: "a b", name: "Kabil", site: null, owner: "Batam", total: GOOD, periods: [GOOD, null, null] },
    { id: "jam-1", name: "Jam", site: "Simpang Jam", owner: "Dishub", total: BAD, periods: [null, BAD, null] },
  ],
  sites: [{ id: "jam", name: "Simpang Jam", total: BAD, periods: [null, BAD, null] }],
  owners: [
    { name: "Batam", total: GOOD, periods: [GOOD, null, null] },
    { name: "Dishub", total: BAD, periods: [null, BAD, null] },
  ],
};
const replaceAddress = vi.fn();
let server: FakeServer;
let page: Page;

beforeEach(() => {
  replaceAddress.mockReset();
  server = new FakeServer();
  server.install();
  server.answer("/api/uptime", REPORT);
});

afterEach(() => page.close?.());

async function openAt(query: string): Promise<void> {
  window.history.replaceState(null, "", `/ketersediaan${query}`);
  const app = { city: CITY, time: new TimeFormat(CITY.timezone), replaceAddress } as unknown as AppContext;
  page = await openUptime(app);
}

function texts(selector: string): (string | null)[] {
  return [...page.element.querySelectorAll(selector)].map(({ textContent }) => textContent);
}

describe("the page", () => {
  it("has the last 30 days of all cameras, the least observed first, with links to them", async () => {
    await openAt("");
    expect(server.requests).toEqual(["/api/uptime?period=30d"]);
    expect(texts("li .uptime-name a")).toEqual(["Jam", "Kabil"]);
    expect(texts("li .uptime-name .hint")).toEqual(["Simpang Jam · Dishub", "Batam"]);
    expect(texts("li .uptime-share")).toEqual(["95,8% teramati", "100% teramati"]);
    expect(texts("li .uptime-causes")).toEqual(["Sambungan ke kamera terputus 1 jam 0 menit", "Teramati tanpa henti"]);
    expect(texts("li .uptime-ends span").slice(0, 2)).toEqual(["20 Nov", "22 Nov"]);
    expect(page.element.querySelectorAll("li a")[1]?.getAttribute("href")).toBe("/camera/a%20b");
  });

  it("names the worst days for screen readers, and all of them in a table", async () => {
    await openAt("");
    expect(page.element.querySelector("li svg")?.getAttribute("aria-label")).toBe("Terendah: 21 Nov 95,8%");
    const details = page.element.querySelector<HTMLDetailsElement>("li details");
    details?.dispatchEvent(new Event("toggle"));
    expect([...(details?.querySelectorAll("tbody tr") ?? [])].map((row) => row.textContent)).toEqual([
      "22 Nov–Belum ada data",
      "21 Nov95,8%Sambungan ke kamera terputus 1 jam 0 menit",
      "20 Nov–Belum ada data",
    ]);
  });

  it("states shares instead of times for several cameras", async () => {
    await openAt("?by=owner&period=2026-10");
    expect(server.requests).toEqual(["/api/uptime?period=2026-10"]);
    expect(texts("li .uptime-name")).toEqual(["Dishub", "Batam"]);
    expect(texts("li .uptime-causes")[0]).toBe("Sambungan ke kamera terputus 4,2%");
    expect(page.element.querySelector("select")?.value).toBe("2026-10");
  });

  it("writes what is chosen into the address", async () => {
    await openAt("");
    const [, site] = page.element.querySelectorAll("button");
    site?.click();
    expect(texts("li .uptime-name")).toEqual(["Simpang Jam"]);
    const select = page.element.querySelector("select");
    if (select) select.value = "12m";
    select?.dispatchEvent(new Event("change"));
    expect(replaceAddress).toHaveBeenLastCalledWith("/ketersediaan?period=12m&by=site");
    await vi.waitFor(() => expect(server.requests).toContain("/api/uptime?period=12m"));
    await vi.waitFor(() =>
      expect(texts("option")).toEqual(["30 hari terakhir", "12 bulan terakhir", "November 2026", "Oktober 2026"]),
    );
  });

  it("reports an error with a button that asks again", async () => {
    server.down = true;
    await openAt("");
    expect(texts("button").at(-1)).toBe("Coba lagi");
  });
});
