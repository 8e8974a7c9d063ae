import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HubMessage, type HubRequest, StreamHub } from "../../src/state/stream_hub";
import { FakeServer } from "../support/fake_server";

class Tab {
  onmessage: ((event: MessageEvent<HubRequest>) => void) | null = null;
  readonly received: HubMessage[] = [];

  constructor(hub: StreamHub) {
    hub.connect(this);
  }

  postMessage(message: HubMessage): void {
    this.received.push(message);
  }

  open(fresh = false): void {
    this.onmessage?.({ data: { open: "/api/stream", fresh } } as MessageEvent<HubRequest>);
  }

  close(): void {
    this.onmessage?.({ data: { close: true } } as MessageEvent<HubRequest>);
  }

  get events(): string[] {
    return this.received.flatMap((message) => ("event" in message ? [message.event.name] : []));
  }

  get ends(): number {
    return this.received.filter((message) => "end" in message).length;
  }
}

let server: FakeServer;
let hub: StreamHub;

beforeEach(() => {
  server = new FakeServer();
  server.silent = true;
  server.install();
  hub = new StreamHub();
});

afterEach(() => server.streams.forEach((stream) => void stream.end()));

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function tabs(n: number): Promise<Tab[]> {
  const opened = Array.from({ length: n }, () => new Tab(hub));
  for (const tab of opened) tab.open();
  await settled();
  return opened;
}

describe("the tabs of a browser", () => {
  it("share one stream", async () => {
    const all = await tabs(7);
    server.stream.send("camera", { id: "a" });
    await settled();
    expect(server.streams).toHaveLength(1);
    expect(all.map(({ events }) => events)).toEqual(Array.from({ length: 7 }, () => ["camera"]));
  });

  it("each know at once that the worker runs", () => {
    expect(new Tab(hub).received).toEqual([{ ready: true }]);
  });

  it("keep the stream while one of them reads, and no longer", async () => {
    const [first, second] = await tabs(2);
    first?.close();
    expect(server.stream.closed).toBe(false);
    second?.close();
    expect(server.stream.closed).toBe(true);
    first?.open();
    await settled();
    expect(server.streams).toHaveLength(2);
  });

  it("all learn that it has ended, and open another one", async () => {
    const [first, second] = await tabs(2);
    server.stream.end();
    await settled();
    expect([first?.ends, second?.ends]).toEqual([1, 1]);
    first?.open();
    second?.open();
    await settled();
    expect(server.streams).toHaveLength(2);
  });

  it("all leave the stream of an old session when one of them has another session", async () => {
    const [first, second] = await tabs(2);
    first?.close();
    first?.open(true);
    await settled();
    expect(server.streams[0]?.closed).toBe(true);
    expect(server.streams).toHaveLength(2);
    expect([first?.ends, second?.ends]).toEqual([0, 1]);
  });

  it("receive the error of a server that is down", async () => {
    server.down = true;
    const [tab] = await tabs(1);
    expect(tab?.received.at(-1)).toEqual({ end: "TypeError: Failed to fetch" });
  });
});
