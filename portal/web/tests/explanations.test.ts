// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import {
  type Condition,
  type ConditionDetails,
  conditionValues,
  type IncidentType,
  incidentTypeValues,
} from "../src/api/schema";
import {
  conditionMessage,
  incidentSummary,
  operatorMessage,
  sightMessage,
  statusMessage,
  statusText,
} from "../src/explanations";
import { setLanguage } from "../src/i18n";
import { camera, incident } from "./support/builders";

afterEach(() => setLanguage("id"));

/** A value of each detail; the type demands one of every new detail. */
const details: Required<Omit<ConditionDetails, "cause">> = {
  address: "rtsp://10.0.0.7/live",
  error: "no route to host",
  codec: "mjpeg",
  waited_s: 5,
  shape: "gate",
  shape_id: "north",
  pixel: [500, 0.4],
  image_size: [320, 240],
  hidden_share: 0.62,
  fine_detail_share: 0.3,
  shift_share: 0.05,
  rotation_deg: 2.4,
  drawn_size: [640, 360],
  pixel_aspect: [12, 11],
  received_fps: 0.5,
  keyframe_s: 20,
  clock_rate_share: 1.42,
};

/** Conditions in which there is nothing to explain. */
const SILENT: readonly Condition[] = ["ok", "connecting"];

describe("each condition of the schema", () => {
  it.each(conditionValues)("%s has a text in both languages, with its details filled in", (condition) => {
    const indonesian = conditionMessage(condition, { ...details, cause: "silent" });
    setLanguage("en");
    const english = conditionMessage(condition, { ...details, cause: "silent" });
    if (SILENT.includes(condition)) {
      expect([indonesian, english]).toEqual([null, null]);
      return;
    }
    expect(indonesian).toMatch(/\w/);
    expect(english).toMatch(/\w/);
    expect(indonesian).not.toBe(english);
    for (const text of [indonesian, english]) expect(text).not.toMatch(/[{}]|undefined|–/);
  });

  it.each(conditionValues)("%s has a text without details too", (condition) => {
    const text = conditionMessage(condition, {});
    if (SILENT.includes(condition)) expect(text).toBeNull();
    else expect(text).not.toMatch(/[{}]|undefined/);
  });
});

describe("a condition", () => {
  it("has its figures in the language of the page", () => {
    expect(conditionMessage("covered", { hidden_share: 0.62 })).toBe(
      "62% dari pandangan tertutup; singkirkan yang menutupi lensa",
    );
    setLanguage("en");
    expect(conditionMessage("covered", { hidden_share: 0.62 })).toBe(
      "62% of the view is hidden; clear what covers the lens",
    );
  });

  it("names the shape, the point and the frame that do not fit", () => {
    expect(conditionMessage("geometry_outside_frame", { ...details, address: null })).toContain(
      "Garis hitung north: titik (500, 0) berada di luar gambar 320 × 240",
    );
  });

  it("of one of two streams names the cause and its address once", () => {
    const message = conditionMessage("live_video_failed", { cause: "silent", address: "rtsp://10.0.0.7/main" });
    expect(message).toBe(
      "Video langsung terganggu. Kamera tidak mengirim apa pun; periksa listrik dan jaringannya (rtsp://10.0.0.7/main)",
    );
  });
});

describe("the message for operators", () => {
  it("explains the condition in the reader's language, whatever the English sentence is", () => {
    const machine = camera("a", { condition: "overloaded", details: {}, reason: "overloaded: watch fewer cameras" });
    expect(operatorMessage(machine)).toContain("kelebihan beban");
    setLanguage("en");
    expect(operatorMessage(machine)).toContain("This machine is overloaded");
  });

  it("of an older worker is its sentence in English, and none of it in Indonesian", () => {
    const older = camera("a", { condition: null, details: null, reason: "no route to host" });
    expect(operatorMessage(older)).toContain("tidak dikenal");
    setLanguage("en");
    expect(operatorMessage(older)).toBe("no route to host");
  });

  it("is null where nothing is wrong, and for users who are no operators", () => {
    expect(operatorMessage(camera("a"))).toBeNull();
    expect(operatorMessage(camera("a", { condition: null, details: null }))).toBeNull();
  });
});

describe("the message for all users", () => {
  it("of a camera out of service is the text of the city", () => {
    const out = camera("a", { out_of_service: { id: "roboh", en: "it fell" }, reason: "no route to host" });
    expect(statusMessage(out)).toBe("roboh");
    expect(statusText(out)).toBe("Kamera tidak dipantau");
  });
});

describe("the summary of an incident", () => {
  it.each(incidentTypeValues)("%s is in the language of the page, with the time until the report", (type) => {
    const indonesian = incidentSummary(incident("1", { type }));
    setLanguage("en");
    const english = incidentSummary(incident("1", { type }));
    expect(indonesian).not.toBe(english);
    if (type === "wrong_way") return;
    expect(indonesian).toContain("12 detik");
    expect(english).toContain("12 s");
  });

  it("contains the figure of its type", () => {
    const evidence = {
      road_user: "bus",
      duration_s: 3,
      passed_by: null,
      against_m: 10.6,
      relative_speed: 0.23,
    } as const;
    const summary = (type: IncidentType): string => incidentSummary(incident("1", { type, evidence }));
    expect(incidentSummary(incident("1"))).toContain("3 pengguna jalan");
    expect(summary("wrong_way")).toBe("Bus melaju melawan arah yang sah. Jaraknya 11 m ketika dilaporkan.");
    expect(summary("congestion")).toContain("23%");
  });

  it("of an older worker has the vehicle and the times alone", () => {
    expect(incidentSummary(incident("1", { evidence: null }))).toBe(
      "Kendaraan diam di lajur jalan selama 12 detik ketika dilaporkan.",
    );
  });
});

describe("the sight of the detector", () => {
  it("is explained to everybody while it is not clear, after what operators read", () => {
    expect([null, "clear" as const].map(sightMessage)).toEqual([null, null]);
    const blind = camera("a", { sight: "blind", condition: null });
    expect(statusMessage(blind)).toBe("Gelap, silau, atau hujan: kamera tidak dapat melihat lalu lintas");
    expect(statusMessage(camera("a", { sight: "blind", condition: "dark" }))).toContain("Gambar gelap");
    expect(statusMessage(camera("a", { sight: "doubtful" }))).toContain("sebagian kendaraan tidak terhitung");
  });
});
