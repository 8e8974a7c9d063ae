/** Client of server-sent events, built on `fetch`. Unlike EventSource it leaves the retries to its caller. */

export interface StreamEvent {
  name: string;
  data: string;
}

/** Incremental parser of the event stream format. Comments and unknown fields are dropped. */
export class EventParser {
  private rest = "";
  private name = "message";
  private data: string[] = [];

  /** Returns the events that are complete after this piece of text. */
  push(text: string): StreamEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): StreamEvent[] {
    if (line === "") return this.flush();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
    return [];
  }

  private flush(): StreamEvent[] {
    const event = { name: this.name, data: this.data.join("\n") };
    const empty = this.data.length === 0;
    this.name = "message";
    this.data = [];
    return empty ? [] : [event];
  }
}

/** Time (ms) without any bytes after which a stream is given up: the portal sends a clock every 5 s. [assumption]
 * After sleep, or behind a proxy that lost its connection, nothing else ends it.
 */
export const SILENT_AFTER_MS = 40_000;

/** Message of the error of a server that serves no further stream, but the list. [source: /api/stream] */
export const STREAMS_FULL = "stream: HTTP 429";

/** Reads a stream until it ends, falls silent, or `signal` aborts it. Throws if the server refuses the request. */
export async function readEventStream(
  url: string,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const abort = new AbortController();
  const end = (): void => abort.abort();
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  let silence = setTimeout(end, SILENT_AFTER_MS);
  try {
    const headers = { Accept: "text/event-stream" };
    const response = await fetch(url, { signal: abort.signal, headers, cache: "no-store" });
    if (!response.ok || !response.body) throw new Error(`stream: HTTP ${response.status}`);
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(end, SILENT_AFTER_MS);
      for (const event of parser.push(decoder.decode(value, { stream: true }))) onEvent(event);
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", end);
  }
}
