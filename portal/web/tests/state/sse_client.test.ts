import { describe, expect, it } from "vitest";
import { EventParser } from "../../src/state/sse_client";

describe("EventParser", () => {
  it("puts events together from any pieces", () => {
    const parser = new EventParser();
    expect(parser.push("event: cam")).toEqual([]);
    expect(parser.push('era\ndata: {"a":\nda')).toEqual([]);
    expect(parser.push("ta: 1}\n\n")).toEqual([{ name: "camera", data: '{"a":\n1}' }]);
  });

  it("takes a line break that is cut in two for one", () => {
    const parser = new EventParser();
    expect([...parser.push("data: 1\r"), ...parser.push("\n\r\ndata: 2\r\n\r\n")]).toEqual([
      { name: "message", data: "1" },
      { name: "message", data: "2" },
    ]);
  });

  it("leaves out comments and what has no data", () => {
    expect(new EventParser().push(": heartbeat\n\nretry: 3000\n\nevent: camera\n\n")).toEqual([]);
  });
});
