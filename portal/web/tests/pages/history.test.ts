// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraDetail, History } from "../../src/api/schema";
import { notePortalTime } from "../../src/api/server_clock";
import type { AppContext, Page, User } from "../../src/app_context";
import { TimeFormat } from "../../src/format";
import { openHistory } from "../../src/pages/history";
import { CITY, camera, historyRow } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const GATE = { id: "utara", p1: [0, 0] as [number, number], p2: [1, 0] as [number, number] };
const DETAIL: CameraDetail = {
  ...camera("kabil-1"),
  gates: [GATE],
  zones: [{ id: "view", polygon: [], level: "free", speed_kmh: null, since_at: null, sight: null }],
  image_size: null,
};
const ROWS = [historyRow({ counts: { car: 2 }, flow_veh_h: 8 })];
const replaceAddress = vi.fn();
let server: FakeServer;
let page: Page;

beforeEach(() => {
  vi.setSystemTime("2026-11-22T05:00:00Z"); // 12.00 WIB
  vi.spyOn(performance, "now").mockReturnValue(0);
  notePortalTime("2026-11-22T05:00:00Z");
  replaceAddress.mockReset();
  server = new FakeServer();
  server.install();
  server.answer("/api/cameras", { cameras: [camera("kabil-1"), camera("jam-1")] });
  server.answer("/api/cameras/kabil-1", DETAIL);
  server.answer("/api/cameras/jam-1", { ...DETAIL, id: "jam-1", gates: [], zones: [] });
  server.answer("/api/history", history(ROWS));
});

afterEach(() => {
  page.close?.();
  vi.useRealTimers();
});

function history(rows: History["rows"]): History {
  return { camera_id: "kabil-1", gate: "utara", zone: null, interval_s: 900, rows };
}

async function openAt(query: string): Promise<void> {
  window.history.replaceState(null, "", `/riwayat${query}`);
  page = await openHistory(appOf({ name: "rina", roles: ["planner"] }));
}

function appOf(user: User | null): AppContext {
  return { city: CITY, time: new TimeFormat(CITY.timezone), replaceAddress, user } as unknown as AppContext;
}

function requested(): Record<string, string> {
  const newest = server.requests.filter((path) => path.startsWith("/api/history?")).at(-1);
  return Object.fromEntries(new URLSearchParams(newest?.split("?")[1]));
}

function choose(index: number, value: string): void {
  const select = page.element.querySelectorAll("select")[index];
  if (!select) throw new Error(`no select ${index}`);
  select.value = value;
  select.dispatchEvent(new Event("change"));
}

describe("the page", () => {
  it.each([
    [null, 401],
    [{ name: "budi", roles: ["police"] } as User, 403],
  ])("is refused to other users, also without cameras", async (user, status) => {
    page = { title: "", element: document.createElement("div") };
    await expect(openHistory(appOf(user))).rejects.toMatchObject({ status });
    expect(server.requests).toEqual([]);
  });
});

describe("the query", () => {
  it("is the first gate today, in the city's time zone", async () => {
    await openAt("");
    expect(requested()).toEqual({
      camera: "kabil-1",
      gate: "utara",
      from: "2026-11-21T17:00:00.000Z",
      to: "2026-11-22T05:00:00.000Z",
      interval: "300",
    });
    expect(replaceAddress).toHaveBeenLastCalledWith("/riwayat?camera=kabil-1&gate=utara&period=today&interval=300");
  });

  it("is read from the address", async () => {
    await openAt("?camera=kabil-1&zone=view&period=custom&from=2026-11-20T07:00&to=2026-11-20T09:00&interval=300");
    expect(requested()).toEqual({
      camera: "kabil-1",
      zone: "view",
      from: "2026-11-20T00:00:00.000Z",
      to: "2026-11-20T02:00:00.000Z",
      interval: "300",
    });
  });

  it("changes with the fields", async () => {
    await openAt("");
    choose(1, "zone:view");
    await vi.waitFor(() => expect(requested().zone).toBe("view"));
    choose(2, "3600");
    await vi.waitFor(() => expect(requested().interval).toBe("3600"));
    page.element.querySelectorAll<HTMLElement>(".segments button")[1]?.click();
    await vi.waitFor(() => expect(requested().to).toBe("2026-11-21T17:00:00.000Z"));
  });
});

describe("the result", () => {
  it("has charts, a table and the CSV of the same query", async () => {
    await openAt("");
    expect(page.element.textContent).toContain("dari rentang ini teramati");
    const links = [...page.element.querySelectorAll("a[download]")];
    const address = server.requests.at(-1)?.replace("/api/history?", "/api/history.csv?");
    expect(links.map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
      ["Unduh CSV untuk Excel", `${address}&separator=semicolon`],
      ["CSV dengan koma", `${address}&separator=comma`],
    ]);
    expect(page.element.querySelectorAll("figure")).toHaveLength(2);
  });

  it.each<[string, () => void, string]>([
    ["without data", () => server.answer("/api/history", history([historyRow({ coverage: 0 })])), "Tidak ada data"],
    ["after an error", () => (server.down = true), "Server tidak dapat dihubungi"],
  ])("%s is a sentence", async (_case, change, text) => {
    await openAt("");
    change();
    choose(1, page.element.querySelectorAll("select")[1]?.value ?? "");
    await vi.waitFor(() => expect(page.element.querySelector(".history-result")?.textContent).toContain(text));
  });

  it("of a camera without gates and zones is a sentence", async () => {
    await openAt("");
    choose(0, "jam-1");
    await vi.waitFor(() => expect(page.element.textContent).toContain("Kamera ini belum punya garis hitung"));
  });

  it("follows a change of the camera, even if another field changes before the camera is loaded", async () => {
    await openAt("");
    let deliver: (detail: CameraDetail) => void = () => undefined;
    server.answer("/api/cameras/jam-1", () => new Promise<CameraDetail>((resolve) => (deliver = resolve)));
    const before = server.requests.length;
    choose(0, "jam-1");
    choose(2, "3600");
    await vi.waitFor(() => expect(server.requests.length).toBe(before + 1));
    deliver({ ...DETAIL, id: "jam-1", gates: [{ ...GATE, id: "selatan" }] });
    await vi.waitFor(() => expect(requested()).toMatchObject({ camera: "jam-1", gate: "selatan", interval: "3600" }));
  });

  it("of an earlier request is dropped", async () => {
    await openAt("");
    let answerFirst: (late: History) => void = () => undefined;
    server.answer("/api/history", () => new Promise<History>((resolve) => (answerFirst = resolve)));
    choose(2, "900");
    await vi.waitFor(() => expect(requested().interval).toBe("900"));
    server.answer("/api/history", history(ROWS));
    choose(2, "3600");
    await vi.waitFor(() => expect(page.element.querySelectorAll("figure")).toHaveLength(2));
    answerFirst(history([historyRow({ coverage: 0 })]));
    await new Promise((resolve) => setTimeout(resolve));
    expect(page.element.textContent).not.toContain("Tidak ada data");
  });
});
