// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import { type CameraState, cameraStatusValues, gapCauseValues } from "../src/api/schema";
import { causeText, conditionKind, conditionText, trafficText } from "../src/camera_condition";
import { TimeFormat } from "../src/format";
import { setLanguage } from "../src/i18n";
import { camera } from "./support/builders";

const TIME = new TimeFormat("Asia/Jakarta");
const WORKS = { id: "Galian kabel sampai Juni.", en: "Cable works until June." };
const ANALYSED_AT = "2026-11-22T07:03:00Z";

afterEach(() => setLanguage("id"));

function zone(level: CameraState["level"], speed_kmh: number | null): CameraState["zones"][number] {
  return { id: level, level, speed_kmh, since_at: null, sight: null };
}

describe("the state of a camera", () => {
  it.each<[Partial<CameraState>, boolean, string]>([
    [{}, false, "live"],
    [{ status: "degraded" }, false, "live"],
    [{ delayed: true }, false, "delayed"],
    [{ status: "frozen" }, false, "frozen"],
    [{ status: "offline" }, false, "offline"],
    [{ status: "offline" }, true, "unknown"],
    [{}, true, "unknown"],
    [{ status: "offline", out_of_service: WORKS }, true, "maintenance"],
  ])("%j, connection lost: %s, is %s", (changes, lost, kind) => {
    expect(conditionKind(camera("a", changes), lost)).toBe(kind);
  });

  it.each([...cameraStatusValues])("%s has words in both languages", (status) => {
    const shown = camera("a", { status });
    const texts = (["id", "en"] as const).map((language) => {
      setLanguage(language);
      return conditionText(shown, conditionKind(shown, false), TIME);
    });
    expect(texts[0]).not.toBe(texts[1]);
    expect(texts.every((text) => text.length > 3)).toBe(true);
  });

  it("of a camera that is down has the time of its last picture, with the day where that is another", () => {
    const today = camera("a", { status: "offline", last_analysed_at: ANALYSED_AT, updated_at: "2026-11-22T08:00:00Z" });
    expect(conditionText(today, "offline", TIME)).toBe("Tidak tersambung. Gambar terakhir dianalisis: 14.03 WIB");
    const later = { ...today, updated_at: "2026-11-24T08:00:00Z" };
    expect(conditionText(later, "offline", TIME)).toBe(
      "Tidak tersambung. Gambar terakhir dianalisis: 22 Nov 2026, 14.03 WIB",
    );
    expect(conditionText({ ...today, last_analysed_at: null }, "offline", TIME)).toBe("Tidak tersambung");
    expect(conditionText({ ...today, status: "online" }, "live", TIME)).toBe("Langsung");
  });
});

describe("the cause", () => {
  it.each([...gapCauseValues])("%s has a sentence of its own in both languages", (cause) => {
    const texts = (["id", "en"] as const).map((language) => {
      setLanguage(language);
      return causeText(camera("a", { status: "offline", cause }), "offline");
    });
    expect(new Set(texts).size).toBe(2);
  });

  it("in the operators' words comes first", () => {
    expect(causeText(camera("a", { out_of_service: WORKS, cause: "maintenance" }), "maintenance")).toBe(WORKS.id);
  });

  it("that is not known is said to be so, for a camera with trouble only", () => {
    expect(causeText(camera("a", { status: "offline" }), "offline")).toContain("belum diketahui");
    expect(causeText(camera("a"), "live")).toBeNull();
  });

  it("of a working camera with limits does not say that it sends nothing", () => {
    const limited = camera("a", { status: "degraded", cause: "camera" });
    expect(causeText(limited, "live")).toBe("Kamera terganggu; angka bisa kurang tepat");
    expect(causeText({ ...limited, cause: "overload" }, "live")).toContain("terlalu sibuk");
  });
});

describe("flow and speed", () => {
  it.each<[Partial<CameraState>, string | null]>([
    [
      { flow_veh_h: 1234, level: "dense", zones: [zone("dense", 35.4), zone("free", 60)] },
      "Sekitar 1.200 kendaraan per jam, 35 km/jam",
    ],
    [{ flow_veh_h: 1234 }, "Sekitar 1.200 kendaraan per jam"],
    [{ flow_veh_h: 47.2 }, "Sekitar 47 kendaraan per jam"],
    [{ flow_veh_h: 3 }, "Kurang dari 10 kendaraan per jam"],
    [{ flow_veh_h: null, level: "jammed", zones: [zone("jammed", 0.2)] }, "Sekitar 1 km/jam"],
    [{ flow_veh_h: null, level: "unknown", zones: [zone("unknown", 12)] }, null],
    [{ flow_veh_h: null }, null],
  ])("of %j read %s", (changes, text) => {
    expect(trafficText(camera("a", changes))).toBe(text);
  });
});
