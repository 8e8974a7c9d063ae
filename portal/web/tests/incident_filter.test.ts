import { describe, expect, it } from "vitest";
import { type IncidentFilter, inDisplayOrder, matches } from "../src/incident_filter";
import { handling, incident } from "./support/builders";

const ALL: IncidentFilter = { camera: "", type: "", onlyPending: false };
const done = handling({ state: "rejected", pending: false });
const ended = incident("e", { type: "wrong_way", camera_id: "jam-1", handling: done });
const open = incident("o");

describe("the filter", () => {
  it.each<[Partial<IncidentFilter>, string[]]>([
    [{}, ["e", "o"]],
    [{ camera: "jam-1" }, ["e"]],
    [{ type: "stopped_vehicle" }, ["o"]],
    [{ onlyPending: true }, ["o"]],
    [{ camera: "jam-1", onlyPending: true }, []],
  ])("%j", (changes, expected) => {
    const shown = [ended, open].filter((each) => matches(each, { ...ALL, ...changes }));
    expect(shown.map(({ id }) => id)).toEqual(expected);
  });
});

describe("the order", () => {
  it("is those to be handled before the others, then newest first", () => {
    const older = incident("older", { detected_at: "2026-11-21T00:00:00Z" });
    const earlierEnded = { ...ended, id: "earlier", detected_at: "2026-11-21T00:00:00Z" };
    const order = inDisplayOrder([earlierEnded, older, ended, open]);
    expect(order.map(({ id }) => id)).toEqual(["o", "older", "e", "earlier"]);
  });
});
