import { describe, expect, it } from "vitest";
import { EventParser } from "../../src/state/sse_client";

describe("EventParser", () => {
  it("joins events that arrive in pieces", () => {
    const parser = new EventParser();
    expect(parser.push("event: cam")).toEqual([]);
    expect(parser.push('era\ndata: {"a":\nda')).toEqual([]);
    expect(parser.push("ta: 1}\n\n")).toEqual([{ name: "camera", data: '{"a":\n1}' }]);
  });

  it("reads a line break that arrives in two parts as a single line break", () => {
    const parser = new EventParser();
    expect([...parser.push("data: 1\r"), ...parser.push("\n\r\ndata: 2\r\n\r\n")]).toEqual([
      { name: "message", data: "1" },
      { name: "message", data: "2" },
    ]);
  });

  it("leaves out comments and events without data", () => {
    expect(new EventParser().push(": heartbeat\n\nretry: 3000\n\nevent: camera\n\n")).toEqual([]);
  });
});
