// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import { incidentTypeValues } from "../src/api/schema";
import { conditionMessage, incidentSummary, operatorMessage, statusMessage, statusText } from "../src/explanations";
import { setLanguage } from "../src/i18n";
import { camera, incident } from "./support/builders";

afterEach(() => setLanguage("id"));

const overloaded = {
  wanted_fps: 8,
  analysed_fps: 5,
  held_fps: 0.4,
  reached: 0.625,
  overloaded: true,
  age_p95_s: 0.43,
};

describe("a condition", () => {
  it("has words with its figures in both languages", () => {
    const covered = { code: "covered", details: { hidden_share: 0.62 } };
    expect(conditionMessage(covered)).toBe("62% dari pandangan tertutup; singkirkan yang menutupi lensa");
    setLanguage("en");
    expect(conditionMessage(covered)).toBe("62% of the view is hidden; clear what covers the lens");
  });

  it("that is new has no words", () => {
    expect(conditionMessage({ code: "struck_by_lightning", details: {} })).toBeNull();
  });
});

describe("the message for operators", () => {
  it("is in the reader's language where the server sends a code", () => {
    const machine = camera("a", { load: overloaded, reason: "overloaded: watch fewer cameras" });
    expect(operatorMessage(machine)).toContain("kelebihan beban");
    setLanguage("en");
    expect(operatorMessage(machine)).toContain("This machine is overloaded");
  });

  it("is the server's sentence where there is no code, and null where nothing is wrong", () => {
    expect(operatorMessage(camera("a", { reason: "no route to host" }))).toBe("no route to host");
    expect(operatorMessage(camera("a"))).toBeNull();
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
  it.each(incidentTypeValues)("%s is Indonesian, with the time until the report", (type) => {
    const summary = incidentSummary(incident("1", { type }));
    expect(summary).toMatch(/endaraan|intas|orang/);
    if (type !== "wrong_way") expect(summary).toContain("12 detik");
  });
});
