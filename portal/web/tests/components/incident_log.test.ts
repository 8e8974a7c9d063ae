// @vitest-environment happy-dom

import { expect, it, vi } from "vitest";
import type { IncidentLog } from "../../src/api/schema";
import { notePortalTime } from "../../src/api/server_clock";
import type { AppContext } from "../../src/app_context";
import { IncidentLogView } from "../../src/components/incident_log";
import { TimeFormat } from "../../src/format";
import { handling, incident } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const LOG: IncidentLog = {
  seen_at: "2026-11-21T16:59:59Z",
  alerted_at: "2026-11-21T17:00:02Z",
  escalated_at: "2026-11-22T05:03:02Z",
  steps: [
    {
      n: 1,
      at: "2026-11-22T05:00:30Z",
      by: "budi",
      step: "noted",
      note: "menelepon <b>",
      state: "new",
      assignee: null,
      merged_into: null,
    },
    {
      n: 2,
      at: "2026-11-22T05:04:00Z",
      by: "sari",
      step: "assigned",
      note: "",
      state: "assigned",
      assignee: "Patroli 3",
      merged_into: null,
    },
  ],
};

it("the log has detection, alerts and steps in the order of their times, and is loaded again after a step", async () => {
  notePortalTime("2026-11-22T06:00:00Z");
  const server = new FakeServer();
  server.install();
  server.answer("/api/incidents/a-1/steps", LOG);
  const view = new IncidentLogView({ time: new TimeFormat("Asia/Jakarta") } as AppContext);
  await view.update(incident("a-1"));
  await view.update(incident("a-1", { confidence: 0.5 }));
  expect(server.requests).toHaveLength(1);
  const lines = [...view.element.querySelectorAll("li")].map(({ children }) =>
    [...children].map(({ textContent }) => textContent?.replace(".", ":")),
  );
  expect(lines.map((line) => line.map((text) => text?.replaceAll(".", ":")))).toEqual([
    ["21 Nov 2026, 23:59:59 WIB", "Terdeteksi"],
    ["00:00:02 WIB", "Peringatan terkirim"],
    ["12:00:30 WIB", "Catatan oleh budi", "menelepon <b>"],
    ["12:03:02 WIB", "Diperingatkan lagi, karena belum ditanggapi"],
    ["12:04:00 WIB", "Ditugaskan kepada Patroli 3 oleh sari"],
  ]);
  await view.update(incident("a-1", { handling: handling({ steps: 1 }) }));
  await vi.waitFor(() => expect(server.requests).toHaveLength(2));
});
