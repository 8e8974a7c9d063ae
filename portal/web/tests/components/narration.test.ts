// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NarratedEvent } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { Narration } from "../../src/components/narration";
import { TimeFormat } from "../../src/format";
import { setLanguage } from "../../src/i18n";
import { CITY } from "../support/builders";
import { FakeServer } from "../support/fake_server";

let server: FakeServer;
let narrate: (event: NarratedEvent) => void;

beforeEach(() => {
  server = new FakeServer();
  server.install();
});

afterEach(() => setLanguage("id"));

function event(second: number, changes: Partial<NarratedEvent> = {}): NarratedEvent {
  return {
    at: `2026-11-22T00:00:0${second}Z`,
    camera_id: "kabil-1",
    camera_name: "Kabil",
    text: { id: `kejadian ${second}`, en: `event ${second}` },
    ...changes,
  };
}

async function narrationOf(...events: NarratedEvent[]): Promise<Narration> {
  server.answer("/api/narration", { events });
  const store = { onNarration: (listener: typeof narrate) => (narrate = listener) };
  const city = { ...CITY, name: "Batam (simulasi)", simulated: true };
  const narration = new Narration({ city, store, time: new TimeFormat(city.timezone) } as unknown as AppContext);
  await vi.waitFor(() => expect(rows(narration)).toHaveLength(events.length));
  return narration;
}

function rows({ element }: Narration): (string | null)[] {
  return [...element.querySelectorAll("li")].map(({ textContent }) => textContent);
}

describe("the strip", () => {
  it("has the newest event first, and in its summary", async () => {
    const narration = await narrationOf(event(1), event(2));
    expect(rows(narration)).toEqual(["07.00.02 WIB Kabil: kejadian 2", "07.00.01 WIB Kabil: kejadian 1"]);
    expect(narration.element.querySelector("[role=status]")?.textContent).toBe("07.00.02 WIB Kabil: kejadian 2");
  });

  it("adds an event of the stream once, even if the list has it too", async () => {
    const narration = await narrationOf(event(1));
    narrate(event(2));
    narrate(event(2));
    expect(rows(narration)).toHaveLength(2);
  });

  it("links to the camera, and names the city where no camera is concerned", async () => {
    const narration = await narrationOf(event(1), event(2, { camera_id: null, camera_name: null }));
    expect(rows(narration)[0]).toBe("07.00.02 WIB Batam: kejadian 2");
    const links = [...narration.element.querySelectorAll("li a")].map((link) => link.getAttribute("href"));
    expect(links).toEqual(["/camera/kabil-1"]);
  });

  it("is in the language of the page", async () => {
    const narration = await narrationOf(event(1));
    setLanguage("en");
    narration.render();
    expect(rows(narration)).toEqual(["07:00:01 WIB Kabil: event 1"]);
  });

  it("starts with the stream where the list cannot be loaded", async () => {
    server.down = true;
    const narration = await narrationOf();
    narrate(event(3));
    expect(rows(narration)).toHaveLength(1);
  });
});
