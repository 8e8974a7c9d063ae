import { afterEach, describe, expect, it, vi } from "vitest";
import { EventParser, readEventStream, SILENT_AFTER_MS } from "../../src/state/sse_client";
import { FakeServer } from "../support/fake_server";

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

describe("a stream", () => {
  afterEach(() => void vi.useRealTimers());

  it("is given up where nothing arrives any more, as after sleep", async () => {
    vi.useFakeTimers();
    const server = new FakeServer();
    server.install();
    const events: string[] = [];
    const reading = readEventStream("/api/stream", new AbortController().signal, ({ name }) => events.push(name));
    const failed = expect(reading).rejects.toThrow("aborted");
    await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1000);
    server.stream.comment();
    await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1000);
    expect(server.stream.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.stream.closed).toBe(true);
    await failed;
    expect(events).toEqual(["clock"]);
  });
});
