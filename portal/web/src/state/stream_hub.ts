/** One event stream for all tabs of a browser: HTTP/1.1 allows six connections, and a seventh tab would wait for ever.
 *
 * It runs in a shared worker. Tabs send `HubRequest`, and receive `HubMessage`.
 */

import { readEventStream, type StreamEvent } from "./sse_client";

/** `open`: send me events. fresh: of a new stream, because the session has changed. `close`: send no more. */
export type HubRequest = { open: string; fresh: boolean } | { close: true };
/** `ready`: the worker runs. `end`: the stream has ended, with its error if there is one. */
export type HubMessage = { ready: true } | { event: StreamEvent } | { end: string | null };

/** The part of a MessagePort that the hub uses. */
interface Port {
  postMessage(message: HubMessage): void;
  onmessage: ((event: MessageEvent<HubRequest>) => void) | null;
}

export class StreamHub {
  private readonly readers = new Set<Port>();
  private abort: AbortController | null = null;

  connect(port: Port): void {
    port.onmessage = ({ data }) => {
      if ("close" in data) this.remove(port);
      else this.open(port, data.open, data.fresh);
    };
    port.postMessage({ ready: true });
  }

  private open(port: Port, url: string, fresh: boolean): void {
    if (fresh) this.end(null);
    this.readers.add(port);
    if (this.abort === null) void this.read(url);
  }

  private remove(port: Port): void {
    this.readers.delete(port);
    if (this.readers.size > 0) return;
    this.abort?.abort();
    this.abort = null;
  }

  private async read(url: string): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    let problem: string | null = null;
    try {
      await readEventStream(url, abort.signal, (event) => abort === this.abort && this.send({ event }));
    } catch (error) {
      problem = String(error);
    }
    if (abort === this.abort) this.end(problem);
  }

  /** Ends the stream. Each tab opens it again in its own time. */
  private end(problem: string | null): void {
    this.abort?.abort();
    this.abort = null;
    this.send({ end: problem });
    this.readers.clear();
  }

  private send(message: HubMessage): void {
    for (const port of this.readers) port.postMessage(message);
  }
}
