// @vitest-environment happy-dom

import { expect, it } from "vitest";
import type { Alarms, GroupedAlarm } from "../../src/api/schema";
import { notePortalTime } from "../../src/api/server_clock";
import type { AppContext } from "../../src/app_context";
import { AlarmStrip } from "../../src/components/alarm_strip";
import { TimeFormat } from "../../src/format";
import { FakeServer } from "../support/fake_server";

const AT = "2026-11-22T05:00:00Z";
const MEMBER = { camera_id: "kabil-1", camera_name: "Kabil", incident_id: null, started_at: AT };

function alarm(changes: Partial<GroupedAlarm>): GroupedAlarm {
  const none = {
    type: null,
    cause: null,
    sites: ["Kabil", "Jam"],
    members: [MEMBER, { ...MEMBER, camera_id: "jam-1" }],
  };
  return { grouping: "together", started_at: AT, ...none, ...changes };
}

const ALARMS: Alarms = {
  outages: [
    alarm({ cause: "link", grouping: "lasting", sites: ["Kabil", "Jam", "Laluan", "Barelang", "Kantor"] }),
    alarm({ cause: "camera", started_at: "2026-11-21T16:59:00Z" }),
    alarm({ cause: "site_power" }),
  ],
  incidents: [
    alarm({ type: "wrong_way", grouping: "single", members: [{ ...MEMBER, incident_id: "a-1" }] }),
    alarm({ type: "wrong_way", grouping: "repeated", members: [{ ...MEMBER, incident_id: "a-2" }, MEMBER] }),
    alarm({ type: "wrong_way", grouping: "flood" }),
  ],
};

it("outages, those of days, repetitions and floods are one row each, with links to their members; single incidents are in the list", async () => {
  notePortalTime("2026-11-22T06:00:00Z");
  const server = new FakeServer();
  server.install();
  const strip = new AlarmStrip({ time: new TimeFormat("Asia/Jakarta") } as AppContext);
  expect(strip.element.hidden).toBe(true);
  server.answer("/api/incidents/alarms", ALARMS);
  await strip.load();
  const texts = [...strip.element.querySelectorAll("summary")].map(({ textContent }) =>
    textContent?.replace(/(\d)\.(\d)/g, "$1:$2"),
  );
  expect(texts).toEqual([
    "2 kamera tanpa gambar lebih dari satu hari (Kabil, Jam, Laluan, dan 2 tempat lain)",
    "2 kamera tanpa gambar sejak 21 Nov 2026, 23:59 WIB: kamera tidak mengirim gambar yang dapat dipakai (Kabil, Jam)",
    "2 kamera tanpa gambar sejak 12:00 WIB: seluruh lokasi mati (listrik atau jaringannya) (Kabil, Jam)",
    "Melawan arah berulang, 2 kejadian sejak 12:00 WIB (Kabil, Jam)",
    "Banyak alarm sekaligus: 2 kejadian sejak 12:00 WIB (Kabil, Jam)",
  ]);
  const links = [...strip.element.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  expect(links.slice(4, 7)).toEqual(["/camera/kabil-1", "/camera/jam-1", "/kejadian/a-2"]);
  server.down = true;
  await strip.load();
  expect(strip.element.querySelectorAll("summary")).toHaveLength(5);
  server.down = false;
  server.answer("/api/incidents/alarms", { outages: [], incidents: [] });
  await strip.load();
  expect(strip.element.hidden).toBe(true);
});
