// @vitest-environment happy-dom

import { expect, it, vi } from "vitest";
import type { QualityReport } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { openIncidentQuality } from "../../src/pages/incident_quality";
import { FakeServer } from "../support/fake_server";

const REPORT: QualityReport = {
  from_at: "2026-10-23T05:00:00Z",
  to_at: "2026-11-22T05:00:00Z",
  operators: 2,
  alarms: 40,
  alarms_per_ten_minutes: 0.0123,
  busiest_ten_minutes: 3,
  rows: [
    {
      site: "Kabil",
      type: "wrong_way",
      raised: 12,
      confirmed: 9,
      rejected: 1,
      precision: 0.9,
      false_per_day: 0.033,
      delay_s: 7.6,
      acknowledge_s: null,
    },
  ],
  thresholds: [
    { type: "wrong_way", verdicts: 25, confidence: 0.7, precision: 0.92, kept: 0.98 },
    { type: "collision", verdicts: 3, confidence: null, precision: null, kept: null },
  ],
};

it("the page shows the figures of the report, and asks again for another period", async () => {
  const server = new FakeServer();
  server.install();
  server.answer("/api/incidents/quality", REPORT);
  const page = await openIncidentQuality({} as AppContext);
  expect(server.requests).toEqual(["/api/incidents/quality?days=30"]);
  const cells = [...page.element.querySelectorAll("tbody tr > *")].map(({ textContent }) => textContent);
  expect(cells).toEqual(["Kabil", "Melawan arah", "12", "9", "1", "90%", "0,03", "8 detik", "–"]);
  const items = [...page.element.querySelectorAll("li")].map(({ textContent }) => textContent);
  expect(items[0]).toContain("Melawan arah: 70% ke atas. Dari 25 putusan, 92% benar, dan 98%");
  expect(items[1]).toBe("Tabrakan: belum ada, dari 3 putusan.");
  const choice = page.element.querySelector("select");
  if (choice) choice.value = "7";
  choice?.dispatchEvent(new Event("change"));
  await vi.waitFor(() => expect(server.requests).toHaveLength(2));
  expect(server.requests[1]).toBe("/api/incidents/quality?days=7");
});
