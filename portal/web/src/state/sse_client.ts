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

/** Reads a stream until it ends or `signal` aborts it. Throws if the server refuses the request. */
export async function readEventStream(
  url: string,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const response = await fetch(url, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(`stream: HTTP ${response.status}`);
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of parser.push(decoder.decode(value, { stream: true }))) onEvent(event);
  }
}
