/** The event stream of the portal, shared with the other tabs of this browser where it has shared workers. */

import { readEventStream, type StreamEvent } from "./sse_client";
import type { HubMessage, HubRequest } from "./stream_hub";

/** Time (ms) in which a shared worker must answer. After it this tab reads a stream of its own. [assumption] */
const READY_WITHIN_MS = 5000;

let shared: SharedWorker | null = null;
/** Whether the browser refuses shared workers, as in the frame of another site, or its worker does not start. */
let unusable = false;

/** Reads the stream until it ends or `signal` aborts it. fresh: of a new session, for all tabs. Throws on an error. */
export async function readSharedStream(
  url: string,
  fresh: boolean,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const port = unusable ? null : await connect();
  if (signal.aborted) throw new DOMException("aborted", "AbortError");
  if (port === null) return readEventStream(url, signal, onEvent);
  return new Promise((resolve, reject) => {
    const send = (request: HubRequest): void => port.postMessage(request);
    const close = (): void => {
      port.onmessage = null;
      window.removeEventListener("pagehide", leave);
    };
    const leave = (): void => send({ close: true });
    port.onmessage = ({ data }: MessageEvent<HubMessage>) => {
      if ("event" in data) onEvent(data.event);
      if (!("end" in data)) return;
      close();
      if (data.end === null) resolve();
      else reject(new Error(data.end));
    };
    signal.addEventListener("abort", () => {
      leave();
      close();
      reject(new DOMException("aborted", "AbortError"));
    });
    window.addEventListener("pagehide", leave);
    send({ open: url, fresh });
  });
}

/** The port of the running worker; null where there is none. */
async function connect(): Promise<MessagePort | null> {
  if (shared) return shared.port;
  try {
    const worker = new SharedWorker(new URL("./stream_worker.ts", import.meta.url), { name: "simpang-stream" });
    await isReady(worker);
    shared = worker;
    return worker.port;
  } catch {
    unusable = true;
    return null;
  }
}

function isReady(worker: SharedWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the shared worker does not answer")), READY_WITHIN_MS);
    worker.onerror = () => reject(new Error("the shared worker does not start"));
    worker.port.onmessage = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
