/** `fetch` with canned answers and event streams that the test writes to. */

import { vi } from "vitest";
import { serverNow } from "../../src/api/server_clock";

type Answer = unknown | (() => unknown);

export class FakeServer {
  /** Requests in their order: path with query. */
  readonly requests: string[] = [];
  /** Contents of the requests that have one. */
  readonly posted: unknown[] = [];
  readonly streams: FakeStream[] = [];
  /** Refuses every request as an unreachable server does. */
  down = false;
  /** Opens streams that deliver nothing, as a proxy does that collects the answer. */
  silent = false;
  /** Serves no further stream, as a portal with too many. */
  streamsFull = false;
  private readonly answers = new Map<string, Answer>();

  install(): void {
    vi.stubGlobal("fetch", (url: string, options: RequestInit = {}) => this.fetch(url, options));
  }

  /** The JSON for a path; a function is called at each request, and may return a promise, or a Response as it is. */
  answer(path: string, json: Answer): void {
    this.answers.set(path, json);
  }

  get stream(): FakeStream {
    const newest = this.streams.at(-1);
    if (!newest) throw new Error("no stream was opened");
    return newest;
  }

  private async fetch(url: string, options: RequestInit): Promise<Response> {
    this.requests.push(url);
    if (typeof options.body === "string") this.posted.push(JSON.parse(options.body));
    if (this.down) throw new TypeError("Failed to fetch");
    const path = url.split("?")[0] ?? url;
    if (path === "/api/stream" && this.streamsFull) return Response.json({ detail: "full" }, { status: 429 });
    if (path === "/api/stream") return this.openStream(options.signal ?? null);
    if (!this.answers.has(path)) return Response.json({ detail: `no ${path}` }, { status: 404 });
    const given = this.answers.get(path);
    const answer = await (typeof given === "function" ? (given as () => unknown)() : given);
    return answer instanceof Response ? answer : Response.json(answer);
  }

  private openStream(signal: AbortSignal | null): Response {
    const stream = new FakeStream(signal);
    this.streams.push(stream);
    if (!this.silent) stream.clock();
    return new Response(stream.body);
  }
}

export class FakeStream {
  readonly body: ReadableStream<Uint8Array>;
  closed = false;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(signal: AbortSignal | null) {
    this.body = new ReadableStream({
      start: (controller) => {
        this.controller = controller;
      },
    });
    signal?.addEventListener("abort", () => this.fail());
  }

  send(name: string, data: unknown): void {
    this.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  comment(): void {
    this.write(": ping\n\n");
  }

  /** States that all states are current, or were so long ago (ms). */
  clock(ago = 0): void {
    this.send("clock", { at: new Date(serverNow() - ago).toISOString() });
  }

  end(): void {
    if (this.closed) return;
    this.closed = true;
    this.controller?.close();
  }

  private fail(): void {
    if (this.closed) return;
    this.closed = true;
    this.controller?.error(new DOMException("aborted", "AbortError"));
  }

  private write(text: string): void {
    if (!this.closed) this.controller?.enqueue(new TextEncoder().encode(text));
  }
}
