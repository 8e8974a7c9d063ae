import { describe, expect, it } from "vitest";
import { type IncidentFilter, inDisplayOrder, matches } from "../src/incident_filter";
import { incident } from "./support/builders";

const ALL: IncidentFilter = { camera: "", type: "", onlyOpen: false };
const ended = incident("e", { type: "wrong_way", camera_id: "jam-1", end_at: "2026-11-22T00:10:00Z" });
const open = incident("o");

describe("the filter", () => {
  it.each<[Partial<IncidentFilter>, string[]]>([
    [{}, ["e", "o"]],
    [{ camera: "jam-1" }, ["e"]],
    [{ type: "stopped_vehicle" }, ["o"]],
    [{ onlyOpen: true }, ["o"]],
    [{ camera: "jam-1", onlyOpen: true }, []],
  ])("%j", (changes, expected) => {
    const shown = [ended, open].filter((each) => matches(each, { ...ALL, ...changes }));
    expect(shown.map(({ id }) => id)).toEqual(expected);
  });
});

describe("the order", () => {
  it("is open before ended, then newest first", () => {
    const older = incident("older", { detected_at: "2026-11-21T00:00:00Z" });
    const earlierEnded = { ...ended, id: "earlier", detected_at: "2026-11-21T00:00:00Z" };
    const order = inDisplayOrder([earlierEnded, older, ended, open]);
    expect(order.map(({ id }) => id)).toEqual(["o", "older", "e", "earlier"]);
  });
});
