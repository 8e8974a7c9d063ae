/** Server-sent events read with `fetch`: unlike EventSource it also sees the heartbeat comments, so that a line that
 * died without a word (common on mobile networks) is noticed.
 */

export interface StreamEvent {
  name: string;
  data: string;
}

/** Splits the text of a stream into events; `push` takes it in any pieces. Comments and unknown fields are left out. */
export class EventParser {
  private rest = "";
  private name = "message";
  private data: string[] = [];

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

/** Follows a stream until it ends or `signal` aborts. `heard` is called for everything that arrives, heartbeats too. */
export async function followStream(
  url: string,
  signal: AbortSignal,
  heard: () => void,
  handle: (event: StreamEvent) => void,
): Promise<void> {
  const response = await fetch(url, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(`stream: HTTP ${response.status}`);
  heard();
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    for (const event of parser.push(decoder.decode(value, { stream: true }))) handle(event);
  }
}
