// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Incident, StepRequest } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { IncidentHandlingPanel } from "../../src/components/incident_handling";
import { TimeFormat } from "../../src/format";
import { handling, incident } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const NEW = incident("a-1");
const ACKNOWLEDGED = incident("a-1", {
  handling: handling({ state: "acknowledged", steps: 1, next: ["verified", "cleared", "rejected", "noted"] }),
});
const STEPS = "/api/incidents/a-1/steps";

let server: FakeServer;
let changed: Incident[];

beforeEach(() => {
  server = new FakeServer();
  server.install();
  changed = [];
});

function open(shown: Incident = NEW, others: Incident[] = []): IncidentHandlingPanel {
  const panel = new IncidentHandlingPanel(
    shown,
    { user: { name: "budi" } as AppContext["user"], time: new TimeFormat("Asia/Jakarta") },
    () => others,
    (after) => changed.push(after),
  );
  document.body.replaceChildren(panel.element);
  return panel;
}

const buttons = (): string[] =>
  [...document.querySelectorAll<HTMLElement>("[data-step]")].map(({ dataset }) => dataset.step ?? "");
const posted = (): StepRequest[] => server.posted as StepRequest[];
const problem = (): string => document.querySelector("[role=alert]")?.textContent ?? "";
const state = (): string => document.querySelector("[role=status]")?.textContent ?? "";

function press(step: string): void {
  document.querySelector<HTMLElement>(`[data-step="${step}"]`)?.click();
}

function enter(text: string): void {
  const field = document.querySelector<HTMLInputElement>("[name=text]");
  if (field) field.value = text;
  document.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
}

describe("the buttons", () => {
  it("are the steps that the server allows, the usual one first", () => {
    open();
    expect(buttons()).toEqual(["acknowledged", "verified", "assigned", "rejected", "merged", "noted"]);
    expect(document.querySelector("[data-step]")?.className).toBe("button");
  });

  it("take a step at once, and then show the steps that follow", async () => {
    server.answer(STEPS, ACKNOWLEDGED);
    open();
    press("acknowledged");
    await vi.waitFor(() => expect(state()).toBe("Sudah ditanggapi"));
    expect(buttons()).toEqual(["verified", "cleared", "rejected", "noted"]);
    expect(changed).toEqual([ACKNOWLEDGED]);
    expect(posted()).toEqual([
      {
        step: "acknowledged",
        note: "",
        assignee: null,
        merged_into: null,
        known_steps: 0,
        request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ]);
  });

  it("send one request for two quick taps", async () => {
    server.answer(STEPS, ACKNOWLEDGED);
    open();
    press("acknowledged");
    press("acknowledged");
    await vi.waitFor(() => expect(changed).toHaveLength(1));
    expect(posted()).toHaveLength(1);
  });

  it("show the present state after a conflict", async () => {
    server.answer(STEPS, () => Response.json({ detail: "Meanwhile sari ..." }, { status: 409 }));
    server.answer("/api/incidents/a-1", ACKNOWLEDGED);
    open();
    press("acknowledged");
    await vi.waitFor(() => expect(changed).toEqual([ACKNOWLEDGED]));
    expect(problem()).toContain("baru saja diubah");
    expect(state()).toBe("Sudah ditanggapi");
  });

  it("state that a step was refused, which is no change by another user", async () => {
    server.answer(STEPS, () => Response.json({ detail: "merged_into: ..." }, { status: 422 }));
    server.answer("/api/incidents/a-1", NEW);
    open(NEW, [incident("a-2")]);
    press("merged");
    enter("a-2");
    await vi.waitFor(() => expect(changed).toEqual([NEW]));
    expect(problem()).toContain("kejadian yang dilanjutkan harus masih terbuka");
  });

  it("state that the incident was changed where that closes an open form", () => {
    const panel = open();
    press("rejected");
    panel.update(ACKNOWLEDGED);
    expect(problem()).toBe("");
    panel.update(incident("a-1", { handling: handling({ state: "rejected", steps: 2, next: ["reopened", "noted"] }) }));
    expect(document.querySelector<HTMLFormElement>("form")?.hidden).toBe(true);
    expect(problem()).toContain("baru saja diubah");
  });

  it("repeat a request without an answer with its id, and a refused one with a new id", async () => {
    server.down = true;
    open();
    press("acknowledged");
    await vi.waitFor(() => expect(problem()).not.toBe(""));
    server.down = false;
    server.answer(STEPS, () => Response.json({ detail: "no" }, { status: 422 }));
    press("acknowledged");
    await vi.waitFor(() => expect(posted()).toHaveLength(2));
    await vi.waitFor(() => expect(problem()).not.toBe(""));
    press("acknowledged");
    await vi.waitFor(() => expect(posted()).toHaveLength(3));
    const [first, second, third] = posted().map(({ request_id }) => request_id);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("keep the focus of the keyboard when they change", async () => {
    server.answer(STEPS, ACKNOWLEDGED);
    open();
    document.querySelector<HTMLElement>("[data-step=acknowledged]")?.focus();
    press("acknowledged");
    await vi.waitFor(() => expect(changed).toHaveLength(1));
    expect((document.activeElement as HTMLElement).dataset.step).toBe("verified");
  });
});

describe("a step with a text", () => {
  it.each([
    ["rejected", "bayangan", { note: "bayangan" }],
    ["noted", " macet ", { note: "macet" }],
    ["assigned", "Patroli 3", { assignee: "Patroli 3" }],
  ])("%s is sent with what was entered", async (step, text, part) => {
    server.answer(STEPS, ACKNOWLEDGED);
    open();
    press(step);
    expect(posted()).toEqual([]);
    enter(text);
    await vi.waitFor(() => expect(posted()).toEqual([expect.objectContaining({ step, ...part })]));
  });

  it("is not sent without one", () => {
    open();
    press("rejected");
    enter("  ");
    expect(posted()).toEqual([]);
  });

  it("suggests the own name, and closes with Cancel", () => {
    open();
    press("assigned");
    expect(document.querySelector<HTMLInputElement>("[name=text]")?.value).toBe("budi");
    document.querySelector<HTMLElement>("form button[type=button]")?.click();
    expect(document.querySelector("form")?.hidden).toBe(true);
    expect((document.activeElement as HTMLElement).dataset.step).toBe("assigned");
  });

  it("keeps what was entered while the incident changes, as long as the step is possible", () => {
    const panel = open();
    press("noted");
    const field = document.querySelector<HTMLInputElement>("[name=text]");
    if (field) field.value = "menelepon";
    panel.update(ACKNOWLEDGED);
    expect(document.querySelector<HTMLInputElement>("[name=text]")?.value).toBe("menelepon");
    panel.update(incident("a-1", { handling: handling({ state: "merged", steps: 2, next: ["reopened"] }) }));
    expect(document.querySelector("form")?.hidden).toBe(true);
  });
});

describe("merging", () => {
  it("offers the other incidents to be handled with their times, those of the site first", async () => {
    server.answer(STEPS, ACKNOWLEDGED);
    const jam = { camera_id: "jam-1", camera_name: "Jam" };
    open(NEW, [NEW, incident("a-2", jam), incident("a-3", { detected_at: "2026-11-21T00:00:13Z" }), incident("a-4")]);
    press("merged");
    expect([...document.querySelectorAll("option")].map(({ textContent }) => textContent)).toEqual([
      "Kendaraan berhenti, Kabil, 21 Nov 2026, 07.00.13 WIB",
      "Kendaraan berhenti, Kabil, 22 Nov 2026, 07.00.12 WIB",
      "Kendaraan berhenti, Jam, 22 Nov 2026, 07.00.12 WIB",
    ]);
    enter("a-2");
    await vi.waitFor(() => expect(posted()).toEqual([expect.objectContaining({ step: "merged", merged_into: "a-2" })]));
  });

  it("states that there is nothing to merge with", () => {
    open(NEW, [NEW]);
    press("merged");
    expect(problem()).toBe("Tidak ada kejadian lain yang perlu ditangani.");
  });

  it("links to the incident that remains", () => {
    open(
      incident("a-1", { handling: handling({ state: "merged", merged_into: "a-2", steps: 1, next: ["reopened"] }) }),
    );
    expect(document.querySelector("[role=status] a")?.getAttribute("href")).toBe("/kejadian/a-2");
  });
});
