/** Client of server-sent events, built on `fetch`. Unlike EventSource it reports heartbeat comments, by which a dead
 * connection is detected. These are common on mobile networks.
 */

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

interface StreamHandlers {
  /** Called for all bytes that arrive, heartbeats included. */
  onBytes: () => void;
  onEvent: (event: StreamEvent) => void;
}

/** Reads a stream until it ends or `signal` aborts it. Throws if the server refuses the request. */
export async function readEventStream(url: string, signal: AbortSignal, handlers: StreamHandlers): Promise<void> {
  const response = await fetch(url, { signal, headers: { Accept: "text/event-stream" }, cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(`stream: HTTP ${response.status}`);
  handlers.onBytes();
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    handlers.onBytes();
    for (const event of parser.push(decoder.decode(value, { stream: true }))) handlers.onEvent(event);
  }
}
