// @vitest-environment happy-dom

import { expect, it } from "vitest";
import { trendSentence } from "../../src/components/trend_chart";
import { TimeFormat } from "../../src/format";

const TIME = new TimeFormat("Asia/Jakarta");

it.each<[number | null, number | null, string]>([
  [120, 100, "Lebih ramai dari biasanya: 20%"],
  [80, 100, "Lebih sepi dari biasanya: 20%"],
  [105, 100, "Seperti biasanya"],
  [0, 0, "Seperti biasanya"],
  [60, 0, "Lebih ramai dari biasanya: pada hari dan jam ini biasanya tidak ada kendaraan"],
  [60, null, "Belum ada pembanding untuk hari dan jam ini."],
  [null, 100, "Belum ada hitungan"],
])("a flow of %s where %s is usual reads %s", (flow_veh_h, usual_veh_h, text) => {
  const hour = { start_at: "2026-11-25T07:00:00Z", end_at: "2026-11-25T08:00:00Z", flow_veh_h, usual_veh_h, weeks: 3 };
  expect(trendSentence({ camera_id: "a", gate: "utara", hours: [hour] }, TIME)).toContain(text);
});
