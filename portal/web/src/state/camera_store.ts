/** Current state of all cameras, updated by the server's event stream, with the state of the connection. */

import { apiUrl, get } from "../api/client";
import type { CameraState, Incident, Level, NarratedEvent } from "../api/schema";
import { elapsedSince, moment, notePortalTime, serverNow } from "../api/server_clock";
import { retryDelayMs } from "../retry";
import { readSharedStream } from "./shared_stream";
import { STREAMS_FULL, type StreamEvent } from "./sse_client";

/** `broken`: reconnecting, with data recent enough to show. `lost`: no current data came for LOST_AFTER_MS. */
export type Connection = "connecting" | "live" | "broken" | "lost";

/** Events of the stream by name. */
interface StreamMessages {
  incident: Incident;
  narration: NarratedEvent;
}

/** Time up to which the states in the stream are current. */
interface Clock {
  at: string;
}

/** Age (ms) from which data is shown as unknown: several missed clocks of 5 s. [source: /api/stream] */
export const LOST_AFTER_MS = 30_000;
/** [assumption] */
const RETRY_DELAYS = { firstMs: 500, maxMs: 15_000 };
/** A hidden page keeps its stream for this time. [assumption] */
export const DISCONNECT_HIDDEN_AFTER_MS = 60_000;
/** Time (ms) in which a stream must deliver its first event. A proxy that collects the answer delivers none. */
export const FIRST_EVENT_WITHIN_MS = 8000;
/** Time (ms) in which a stream must deliver its next current clock. A proxy with a small buffer delivers them late. */
export const CLOCK_WITHIN_MS = 20_000;
/** Time (ms) between two loads of the list where the stream delivers nothing. [assumption] */
export const POLL_INTERVAL_MS = 5000;
/** Time (ms) after which the stream is tried again. [assumption] */
export const POLL_FOR_MS = 120_000;
/** Newest incidents that are loaded with the list in place of the stream. [assumption] */
const POLLED_INCIDENTS = 20;
/** Minimum time between two calls of the change listeners. [assumption] */
const NOTIFY_INTERVAL_MS = 100;

export class CameraStore {
  private cameras = new Map<string, CameraState>();
  private state: Connection = "connecting";
  /** Time of the last current data on the clocks of this browser. */
  private receivedAt = moment();
  private receivedServerTime: number | null = null;
  private error: unknown = null;
  private abort = new AbortController();
  /** Number of the connection. Data that arrives from an older connection is dropped. */
  private generation = 0;
  private notifyTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private disconnected = false;
  /** Whether the next connection is for another session, also in the other tabs. */
  private fresh = false;
  /** Ends the pause before the next try. */
  private hurry: () => void = () => undefined;
  private readonly changeListeners = new Set<() => void>();
  private readonly messageListeners = {
    incident: new Set<(message: Incident) => void>(),
    narration: new Set<(message: NarratedEvent) => void>(),
  };

  /** mayDisconnect: whether the stream may be closed while the page is hidden.
   * reconnected: called when the connection was interrupted, during which the session may have ended.
   * isShown: whether the page has a camera of the stream; by default all that the user may see.
   */
  constructor(
    private readonly mayDisconnect: () => boolean,
    private readonly reconnected: () => void = () => undefined,
    private readonly isShown: (camera: CameraState) => boolean = () => true,
  ) {}

  start(): void {
    setInterval(() => this.checkAge(), 1000);
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
    for (const name of ["online", "pageshow"]) window.addEventListener(name, () => this.wake());
    void this.run(this.generation);
  }

  /** Drops all state and connects again, for a user with other visible cameras. */
  restart(): void {
    this.fresh = true;
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

  /** Server time of the last current data (ms since the epoch); null before the first. */
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
      this.reconnected();
    } else if (!document.hidden) this.wake();
  }

  /** After sleep: old levels are unknown at once, and the connection is not waited for. */
  private wake(): void {
    this.checkAge();
    this.hurry();
  }

  /** Connects, and connects again after each failure, until the generation ends. */
  private async run(generation: number): Promise<void> {
    for (let failures = 0; generation === this.generation; failures += 1) {
      const abort = new AbortController();
      this.abort = abort;
      const startedAt = performance.now();
      if (failures > 0) this.reconnected();
      try {
        const [delivered] = await Promise.all([this.follow(generation, abort), this.loadList(generation)]);
        if (!delivered) {
          await this.poll(generation, abort.signal);
          failures = -1;
          continue;
        }
      } catch (error) {
        if (generation !== this.generation) return;
        this.error = error;
        abort.abort();
      }
      if (generation !== this.generation) return;
      if (performance.now() - startedAt > LOST_AFTER_MS) failures = 0;
      if (this.state === "live") this.state = "broken";
      this.notify();
      await this.pause(retryDelayMs(RETRY_DELAYS, failures));
    }
  }

  /** Follows the stream until it ends. False for one that delivers nothing current, because a proxy collects it, and
   * where the server serves no further stream.
   */
  private async follow(generation: number, abort: AbortController): Promise<boolean> {
    const stream = new AbortController();
    const end = (): void => stream.abort();
    abort.signal.addEventListener("abort", end);
    let timer = setTimeout(end, FIRST_EVENT_WITHIN_MS);
    const { fresh } = this;
    this.fresh = false;
    try {
      await readSharedStream(apiUrl("/api/stream"), fresh, stream.signal, (event) => {
        if (!this.handle(event, generation)) return;
        clearTimeout(timer);
        timer = setTimeout(end, CLOCK_WITHIN_MS);
      });
      return true;
    } catch (error) {
      const isFull = error instanceof Error && error.message.endsWith(STREAMS_FULL);
      if (abort.signal.aborted || !(stream.signal.aborted || isFull)) throw error;
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Loads the list again and again in place of the stream, until it is time to try the stream. */
  private async poll(generation: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    while (performance.now() - startedAt < POLL_FOR_MS) {
      await this.pause(POLL_INTERVAL_MS);
      if (generation !== this.generation || signal.aborted) return;
      await this.loadList(generation);
      if (this.messageListeners.incident.size > 0) await this.loadIncidents(generation);
    }
  }

  private async loadIncidents(generation: number): Promise<void> {
    const { incidents } = await get("/api/incidents", { query: { limit: POLLED_INCIDENTS } });
    if (generation !== this.generation) return;
    for (const incident of incidents.reverse()) this.deliver("incident", incident);
  }

  private async loadList(generation: number): Promise<void> {
    const { cameras } = await get("/api/cameras");
    if (generation !== this.generation) return;
    const [first] = cameras;
    if (first) notePortalTime(first.updated_at);
    this.cameras = new Map(cameras.map((camera) => [camera.id, this.newer(camera)]));
    this.received();
    this.notify();
  }

  /** List and stream are read in parallel, so an event may be newer than a list that arrives after it. */
  private newer(camera: CameraState): CameraState {
    const known = this.cameras.get(camera.id);
    return known && known.updated_at > camera.updated_at ? known : camera;
  }

  /** Returns whether the event is a current clock. */
  private handle(event: StreamEvent, generation: number): boolean {
    if (generation !== this.generation) return false;
    if (event.name === "camera") {
      const camera = JSON.parse(event.data) as CameraState;
      if (!this.isShown(camera)) return false;
      this.cameras.set(camera.id, camera);
      this.notify();
    } else if (event.name === "incident" || event.name === "narration") {
      this.deliver(event.name, JSON.parse(event.data));
    } else if (event.name === "clock") return this.clock((JSON.parse(event.data) as Clock).at);
    return false;
  }

  /** Notes how current the states are. A proxy may deliver a clock late, together with states that are old by then. */
  private clock(at: string): boolean {
    if (serverNow() < Date.parse(at)) notePortalTime(at);
    const isCurrent = serverNow() - Date.parse(at) < LOST_AFTER_MS;
    if (isCurrent) this.received();
    return isCurrent;
  }

  private deliver<K extends keyof StreamMessages>(name: K, message: StreamMessages[K]): void {
    const listeners = this.messageListeners[name] as Set<(message: StreamMessages[K]) => void>;
    for (const listener of [...listeners]) listener(message);
  }

  private received(): void {
    this.receivedAt = moment();
    this.receivedServerTime = serverNow();
    if (this.state === "live") return;
    this.state = "live";
    this.notify();
  }

  private checkAge(): void {
    if (this.state === "lost" || elapsedSince(this.receivedAt) < LOST_AFTER_MS) return;
    this.state = "lost";
    this.abort.abort();
    this.notify();
  }

  /** Waits, or less where the page is shown again or comes online. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Calls the change listeners soon, once for all changes until then. */
  private notify(): void {
    this.notifyTimer ??= setTimeout(() => {
      this.notifyTimer = undefined;
      for (const listener of [...this.changeListeners]) listener();
    }, NOTIFY_INTERVAL_MS);
  }
}
