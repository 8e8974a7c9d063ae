// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CameraState, Incident } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { TimeFormat } from "../../src/format";
import { openIncidents } from "../../src/pages/incidents";
import { Router } from "../../src/router";
import type { CameraStore, Connection } from "../../src/state/camera_store";
import { CITY, camera, handling, incident } from "../support/builders";
import { FakeServer } from "../support/fake_server";
import { collectListeners } from "../support/listeners";

const OPEN = incident("open-1", { detected_at: "2026-11-22T00:01:00Z" });
const ENDED = incident("ended-1", {
  type: "wrong_way",
  camera_id: "jam-1",
  detected_at: "2026-11-22T00:02:00Z",
  end_at: "2026-11-22T00:03:00Z",
  handling: handling({ state: "cleared", steps: 2, next: ["reopened", "noted"], pending: false }),
});
const LOG = { seen_at: "2026-11-22T00:01:00Z", alerted_at: null, escalated_at: null, steps: [] };

/** The part of the store that the page uses; the test delivers incidents and changes of the connection. */
class FakeStore {
  connection: Connection = "live";
  readonly cameras = [camera("kabil-1", { name: "Kabil" }), camera("jam-1", { name: "Jam" })];
  readonly incidentListeners = new Set<(incident: Incident) => void>();
  readonly changeListeners = new Set<() => void>();

  onIncident(listener: (incident: Incident) => void): () => void {
    this.incidentListeners.add(listener);
    return () => this.incidentListeners.delete(listener);
  }

  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  list(): CameraState[] {
    return this.cameras;
  }

  camera(id: string): CameraState | undefined {
    return this.cameras.find((camera) => camera.id === id);
  }

  receive(received: Incident): void {
    for (const listener of this.incidentListeners) listener(received);
  }

  connect(connection: Connection): void {
    this.connection = connection;
    for (const listener of this.changeListeners) listener();
  }
}

let server: FakeServer;
let store: FakeStore;
let removeListeners: () => void;

beforeEach(() => {
  removeListeners = collectListeners();
  vi.stubGlobal("scrollTo", () => undefined);
  server = new FakeServer();
  server.install();
  store = new FakeStore();
  server.answer("/api/cameras", { cameras: [camera("kabil-1", { name: "Kabil" }), camera("jam-1", { name: "Jam" })] });
  for (const id of ["open-1", "ended-1", "old-1", "new-1"]) server.answer(`/api/incidents/${id}/steps`, LOG);
  server.answer("/api/incidents/alarms", { incidents: [], outages: [] });
  server.answer("/api/incidents", () => {
    const query = new URLSearchParams(server.requests.at(-1)?.split("?")[1]);
    return { incidents: query.get("pending") === "true" ? [OPEN] : [ENDED], next: null };
  });
});

afterEach(() => removeListeners());

/** The page at an address, in a document, behind the router of the site. */
async function openAt(path: string): Promise<Router> {
  history.replaceState(null, "", path);
  const app = { city: CITY, time: new TimeFormat(CITY.timezone), store: store as unknown as CameraStore } as AppContext;
  const frame = {
    showLoading: () => document.body.replaceChildren(),
    show: (page: { element: HTMLElement }) => document.body.replaceChildren(page.element),
  };
  const pattern = /^\/kejadian(?:\/([^/]+))?$/;
  const router = new Router(app, frame, [{ pattern, load: async () => openIncidents }]);
  router.start();
  await vi.waitFor(() => expect(document.querySelector(".incidents-page")).not.toBeNull());
  return router;
}

const rows = (): string[] => all("[data-incident]").map(({ dataset }) => dataset.incident ?? "");
const detail = (): string | null => all("[data-detail]")[0]?.dataset.detail ?? null;

function all(selector: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

/** The time so many minutes before now. */
function ago(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

function choose(id: string): void {
  document.querySelector<HTMLElement>(`[data-incident="${id}"] a`)?.click();
}

function back(path: string): void {
  history.replaceState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

describe("the list", () => {
  it("shows incidents to be handled first, then the others", async () => {
    await openAt("/kejadian");
    expect(rows()).toEqual(["open-1", "ended-1"]);
    expect(detail()).toBeNull();
  });

  it("is requested again when the filter changes, without the others if only those to be handled are wanted", async () => {
    await openAt("/kejadian");
    const [type, cameraField] = all("select") as HTMLSelectElement[];
    const form = document.querySelector("form");
    if (type) type.value = "wrong_way";
    if (cameraField) cameraField.value = "jam-1";
    form?.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(rows()).toEqual(["ended-1"]));
    expect(server.requests.at(-1)).toBe("/api/incidents?pending=false&limit=50&camera=jam-1&type=wrong_way");

    const before = server.requests.length;
    const onlyPending = form?.querySelector<HTMLInputElement>("input[type=checkbox]");
    if (onlyPending) onlyPending.checked = true;
    form?.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(document.body.textContent).toContain("Tidak ada kejadian yang cocok."));
    expect(server.requests.slice(before)).toEqual([
      "/api/incidents/alarms",
      "/api/incidents?pending=true&limit=200&camera=jam-1&type=wrong_way",
    ]);
  });

  it("marks an incident that arrives, until it is chosen", async () => {
    await openAt("/kejadian");
    store.receive(incident("new-1", { detected_at: ago(1) }));
    expect(rows()[0]).toBe("new-1");
    expect(all(".incident-new")).toHaveLength(1);
    choose("new-1");
    expect(all(".incident-new")).toHaveLength(0);
  });

  it("marks neither a late change of an incident that it does not have nor one that is over", async () => {
    await openAt("/kejadian");
    store.receive(incident("old-1", { detected_at: ago(11) }));
    store.receive(incident("new-1", { detected_at: ago(1), end_at: ago(0) }));
    expect(rows()).toContain("old-1");
    expect(all(".incident-new")).toHaveLength(0);
  });

  it("has every incident to be handled, also those behind the first page and those that arrive meanwhile", async () => {
    server.answer("/api/incidents", () => {
      const query = new URLSearchParams(server.requests.at(-1)?.split("?")[1]);
      if (query.get("pending") !== "true") return { incidents: [], next: null };
      if (query.get("before") === null) return { incidents: [OPEN], next: "page-2" };
      store.receive(incident("new-1", { detected_at: ago(0) }));
      return { incidents: [incident("old-1", { detected_at: "2026-11-21T00:00:00Z" })], next: null };
    });
    await openAt("/kejadian");
    expect(rows()).toEqual(["new-1", "open-1", "old-1"]);
  });

  it("keeps a step that was taken, though the stream delivers an older message after it", async () => {
    await openAt("/kejadian/open-1");
    store.receive({ ...OPEN, handling: handling({ state: "verified", steps: 2, next: ["dispatched"] }) });
    store.receive({ ...OPEN, end_at: "2026-11-22T00:09:00Z", handling: handling({ state: "acknowledged", steps: 1 }) });
    const row = document.querySelector('[data-incident="open-1"]')?.textContent;
    expect(row).toContain("Benar terjadi");
    expect(row).toContain("Selesai");
    expect(document.querySelector("[data-step]")?.getAttribute("data-step")).toBe("dispatched");
  });

  it("is loaded again after an interruption of the stream", async () => {
    await openAt("/kejadian");
    const before = server.requests.length;
    store.connect("broken");
    store.connect("live");
    await vi.waitFor(() => expect(server.requests.length).toBe(before + 3));
  });
});

describe("the detail", () => {
  it("opens beside the list, with its own address, without loading the page again", async () => {
    await openAt("/kejadian");
    const before = server.requests.length;
    choose("open-1");
    await vi.waitFor(() => expect(detail()).toBe("open-1"));
    expect(location.pathname).toBe("/kejadian/open-1");
    expect(rows()).toEqual(["open-1", "ended-1"]);
    expect(server.requests.slice(before)).toEqual(["/api/incidents/open-1/steps", "/api/incidents/open-1"]);
  });

  it("links the package of evidence, which is made after the list and the stream stated the incident", async () => {
    const sheet = "/api/incidents/open-1/evidence.html";
    const links = (): number => all(`.incident-card a[href="${sheet}"]`).length;
    await openAt("/kejadian");
    server.answer("/api/incidents/open-1", { ...OPEN, evidence_sheet: sheet });
    choose("open-1");
    await vi.waitFor(() => expect(links()).toBe(1));
    store.receive({ ...OPEN, end_at: "2026-11-22T00:04:00Z" });
    expect(links()).toBe(1);
  });

  it("closes with Back after the first choice", async () => {
    await openAt("/kejadian");
    choose("open-1");
    await vi.waitFor(() => expect(detail()).toBe("open-1"));
    back("/kejadian");
    expect(detail()).toBeNull();
    expect(all(".has-choice")).toHaveLength(0);
    expect(document.body.textContent).toContain("Pilih kejadian untuk melihat buktinya.");
  });

  it("changes with Back between two choices", async () => {
    await openAt("/kejadian");
    choose("open-1");
    await vi.waitFor(() => expect(detail()).toBe("open-1"));
    choose("ended-1");
    await vi.waitFor(() => expect(detail()).toBe("ended-1"));
    back("/kejadian/open-1");
    await vi.waitFor(() => expect(detail()).toBe("open-1"));
  });

  it("opens from its address, from the server if it is not in the list", async () => {
    server.answer("/api/incidents/old-1", incident("old-1"));
    await openAt("/kejadian/old-1");
    expect(detail()).toBe("old-1");
  });

  it("is a notice for an unknown id", async () => {
    await openAt("/kejadian/none");
    expect(document.body.textContent).toContain("Kejadian ini tidak ada.");
  });

  it("explains the incident in the language of the page, with its figures", async () => {
    await openAt("/kejadian/open-1");
    expect(document.body.textContent).toContain("Mobil diam di lajur jalan selama 12 detik ketika dilaporkan.");
    expect(document.body.textContent).not.toContain(OPEN.reason);
  });
});

describe("a closed page", () => {
  it("has no listeners left", async () => {
    const router = await openAt("/kejadian");
    router.go("/");
    expect(store.incidentListeners.size).toBe(0);
    expect(store.changeListeners.size).toBe(0);
  });
});
