/** Current state of all cameras, updated by the server's event stream, with the state of the connection. */

import { apiUrl, get } from "../api/client";
import type { CameraState, Incident, Level, NarratedEvent } from "../api/schema";
import { serverNow } from "../api/server_clock";
import { retryDelayMs } from "../retry";
import { readEventStream, type StreamEvent } from "./sse_client";

/** `broken`: reconnecting, with data recent enough to show. `lost`: no bytes were received for LOST_AFTER_MS. */
export type Connection = "connecting" | "live" | "broken" | "lost";

/** Events of the stream by name. */
interface StreamMessages {
  incident: Incident;
  narration: NarratedEvent;
}

/** Age (ms) from which data is shown as unknown: two missed heartbeats of 15 s. [source: /api/stream] */
export const LOST_AFTER_MS = 30_000;
/** [assumption] */
const RETRY_DELAYS = { firstMs: 500, maxMs: 15_000 };
/** A hidden page keeps its stream for this time. [assumption] */
export const DISCONNECT_HIDDEN_AFTER_MS = 60_000;
/** Minimum time between two calls of the change listeners. [assumption] */
const NOTIFY_INTERVAL_MS = 100;

export class CameraStore {
  private cameras = new Map<string, CameraState>();
  private state: Connection = "connecting";
  /** Time of the last bytes (ms) on the monotonic clock, which is never corrected. */
  private receivedAt = performance.now();
  private receivedServerTime: number | null = null;
  private error: unknown = null;
  private abort = new AbortController();
  /** Number of the connection. Data that arrives from an older connection is dropped. */
  private generation = 0;
  private notifyTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private disconnected = false;
  private readonly changeListeners = new Set<() => void>();
  private readonly messageListeners = {
    incident: new Set<(message: Incident) => void>(),
    narration: new Set<(message: NarratedEvent) => void>(),
  };

  /** mayDisconnect: whether the stream may be closed while the page is hidden. */
  constructor(private readonly mayDisconnect: () => boolean) {}

  start(): void {
    setInterval(() => this.checkAge(), 1000);
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
    void this.run(this.generation);
  }

  /** Drops all state and connects again, for a user with other visible cameras. */
  restart(): void {
    this.generation += 1;
    this.abort.abort();
    this.cameras = new Map();
    this.state = "connecting";
    this.receivedServerTime = null;
    void this.run(this.generation);
  }

  get connection(): Connection {
    return this.state;
  }

  /** Server time of the last bytes (ms since the epoch); null before the first. */
  get lastReceivedAt(): number | null {
    return this.receivedServerTime;
  }

  /** Error of the last attempt to load the first list; null once the list has arrived. */
  get failure(): unknown {
    return this.loaded ? null : this.error;
  }

  get loaded(): boolean {
    return this.receivedServerTime !== null;
  }

  list(): CameraState[] {
    return [...this.cameras.values()];
  }

  camera(id: string): CameraState | undefined {
    return this.cameras.get(id);
  }

  /** The level to show: `unknown` while the connection is lost, because the last level may be out of date. */
  shownLevel(level: Level): Level {
    return this.state === "lost" ? "unknown" : level;
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  onIncident(listener: (incident: Incident) => void): () => void {
    this.messageListeners.incident.add(listener);
    return () => this.messageListeners.incident.delete(listener);
  }

  onNarration(listener: (event: NarratedEvent) => void): void {
    this.messageListeners.narration.add(listener);
  }

  /** Closes the stream of a page that stays hidden, which saves mobile data and a connection of the server. */
  private visibilityChanged(): void {
    clearTimeout(this.hiddenTimer);
    if (document.hidden && this.mayDisconnect()) {
      this.hiddenTimer = setTimeout(() => {
        this.disconnected = true;
        this.generation += 1;
        this.abort.abort();
      }, DISCONNECT_HIDDEN_AFTER_MS);
    } else if (this.disconnected) {
      this.disconnected = false;
      this.checkAge();
      void this.run(this.generation);
    }
  }

  /** Connects, and connects again after each failure, until the generation ends. */
  private async run(generation: number): Promise<void> {
    for (let failures = 0; generation === this.generation; failures += 1) {
      this.abort = new AbortController();
      const startedAt = performance.now();
      try {
        await Promise.all([this.follow(generation), this.loadList(generation)]);
      } catch (error) {
        if (generation !== this.generation) return;
        this.error = error;
        this.abort.abort();
      }
      if (generation !== this.generation) return;
      if (performance.now() - startedAt > LOST_AFTER_MS) failures = 0;
      if (this.state === "live") this.state = "broken";
      this.notify();
      await pause(retryDelayMs(RETRY_DELAYS, failures));
    }
  }

  private follow(generation: number): Promise<void> {
    return readEventStream(apiUrl("/api/stream"), this.abort.signal, {
      onBytes: () => this.received(generation),
      onEvent: (event) => this.handle(event, generation),
    });
  }

  private async loadList(generation: number): Promise<void> {
    const { cameras } = await get("/api/cameras");
    if (generation !== this.generation) return;
    this.cameras = new Map(cameras.map((camera) => [camera.id, this.newer(camera)]));
    this.received(generation);
    this.notify();
  }

  /** List and stream are read in parallel, so an event may be newer than a list that arrives after it. */
  private newer(camera: CameraState): CameraState {
    const known = this.cameras.get(camera.id);
    return known && known.updated_at > camera.updated_at ? known : camera;
  }

  private handle(event: StreamEvent, generation: number): void {
    if (generation !== this.generation) return;
    if (event.name === "camera") {
      const camera = JSON.parse(event.data) as CameraState;
      this.cameras.set(camera.id, camera);
      this.notify();
    } else if (event.name === "incident" || event.name === "narration") {
      this.deliver(event.name, event.data);
    }
  }

  private deliver<K extends keyof StreamMessages>(name: K, data: string): void {
    const message = JSON.parse(data) as StreamMessages[K];
    const listeners = this.messageListeners[name] as Set<(message: StreamMessages[K]) => void>;
    for (const listener of [...listeners]) listener(message);
  }

  private received(generation: number): void {
    if (generation !== this.generation) return;
    this.receivedAt = performance.now();
    this.receivedServerTime = serverNow();
    if (this.state === "live") return;
    this.state = "live";
    this.notify();
  }

  private checkAge(): void {
    if (this.state === "lost" || performance.now() - this.receivedAt < LOST_AFTER_MS) return;
    this.state = "lost";
    this.abort.abort();
    this.notify();
  }

  /** Calls the change listeners soon, once for all changes until then. */
  private notify(): void {
    this.notifyTimer ??= setTimeout(() => {
      this.notifyTimer = undefined;
      for (const listener of [...this.changeListeners]) listener();
    }, NOTIFY_INTERVAL_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
