/** The present state of all cameras, kept up to date by the server; it knows how far it can be believed. */

import { type Camera, get, type Incident, type NarratedEvent } from "../api/client";
import { serverNow } from "../api/server_clock";
import { followStream, type StreamEvent } from "./sse_client";
import type { Level } from "../levels";

export type Connection = "connecting" | "live" | "broken" | "lost";

const LOST_AFTER_MS = 30_000;
const LONGEST_WAIT_MS = 15_000;
const REST_AFTER_MS = 60_000;
const NOTIFY_EVERY_MS = 100;

export class Live {
  private cameras = new Map<string, Camera>();
  private connection_: Connection = "connecting";
  private heardAt = performance.now();
  private lastNews: number | null = null;
  private failure_: unknown = null;
  private abort = new AbortController();
  private generation = 0;
  private notifying: ReturnType<typeof setTimeout> | undefined;
  private restTimer: ReturnType<typeof setTimeout> | undefined;
  private resting = false;
  private readonly watchers = new Set<() => void>();
  private readonly incidentWatchers = new Set<(incident: Incident) => void>();
  private readonly narrationWatchers = new Set<(event: NarratedEvent) => void>();

  /** mayRest: whether the line may be let go while the page is not looked at. */
  constructor(private readonly mayRest: () => boolean) {}

  start(): void {
    setInterval(() => this.watch(), 1000);
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
    void this.run(this.generation);
  }

  /** Begins again, as another user: what the former one could see is forgotten. */
  restart(): void {
    this.generation += 1;
    this.abort.abort();
    this.cameras = new Map();
    this.connection_ = "connecting";
    this.lastNews = null;
    void this.run(this.generation);
  }

  get connection(): Connection {
    return this.connection_;
  }

  /** When the server was last heard, in its own time (ms since the epoch); null before the first time. */
  get lastHeard(): number | null {
    return this.lastNews;
  }

  /** Why the first list has not arrived; null once it has. */
  get failure(): unknown {
    return this.lastNews === null ? this.failure_ : null;
  }

  get loaded(): boolean {
    return this.lastNews !== null;
  }

  list(): Camera[] {
    return [...this.cameras.values()];
  }

  camera(id: string): Camera | undefined {
    return this.cameras.get(id);
  }

  /** What may be shown as the level now: news that may be old is no news. */
  level(level: Level): Level {
    return this.connection_ === "lost" ? "unknown" : level;
  }

  /** Calls back after every change until the returned function is called. */
  onChange(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  onIncident(watcher: (incident: Incident) => void): () => void {
    this.incidentWatchers.add(watcher);
    return () => this.incidentWatchers.delete(watcher);
  }

  onNarration(watcher: (event: NarratedEvent) => void): void {
    this.narrationWatchers.add(watcher);
  }

  /** A page in the background of a phone would cost its owner data and the city its line. */
  private visibilityChanged(): void {
    clearTimeout(this.restTimer);
    if (document.hidden && this.mayRest()) {
      this.restTimer = setTimeout(() => {
        this.resting = true;
        this.generation += 1;
        this.abort.abort();
      }, REST_AFTER_MS);
    } else if (this.resting) {
      this.resting = false;
      this.watch();
      void this.run(this.generation);
    }
  }

  private async run(generation: number): Promise<void> {
    for (let failures = 0; generation === this.generation; failures += 1) {
      this.abort = new AbortController();
      const startedAt = performance.now();
      try {
        const followed = followStream("/api/stream", this.abort.signal, () => this.heard(generation), (event) =>
          this.handle(event, generation),
        );
        await Promise.all([followed, this.reload(generation)]);
      } catch (error) {
        if (generation !== this.generation) return;
        this.failure_ = error;
        this.abort.abort();
      }
      if (generation !== this.generation) return;
      if (performance.now() - startedAt > LOST_AFTER_MS) failures = 0;
      if (this.connection_ === "live") this.connection_ = "broken";
      this.changed();
      await pause(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random()));
    }
  }

  private async reload(generation: number): Promise<void> {
    const { cameras } = await get<{ cameras: Camera[] }>("/api/cameras");
    if (generation !== this.generation) return;
    const fresh = new Map(cameras.map((camera) => [camera.id, this.newer(camera)]));
    this.cameras = fresh;
    this.heard(generation);
    this.changed();
  }

  /** The list and the stream run side by side, so an event may be newer than the list that arrives after it. */
  private newer(camera: Camera): Camera {
    const held = this.cameras.get(camera.id);
    return held && (held.updated_at ?? "") > (camera.updated_at ?? "") ? held : camera;
  }

  private handle(event: StreamEvent, generation: number): void {
    if (generation !== this.generation) return;
    if (event.name === "camera") {
      const camera = JSON.parse(event.data) as Camera;
      this.cameras.set(camera.id, camera);
      this.changed();
    } else if (event.name === "incident") {
      const incident = JSON.parse(event.data) as Incident;
      for (const watcher of [...this.incidentWatchers]) watcher(incident);
    } else if (event.name === "narration") {
      const told = JSON.parse(event.data) as NarratedEvent;
      for (const watcher of [...this.narrationWatchers]) watcher(told);
    }
  }

  private heard(generation: number): void {
    if (generation !== this.generation) return;
    this.heardAt = performance.now();
    this.lastNews = serverNow();
    if (this.connection_ === "live") return;
    this.connection_ = "live";
    this.changed();
  }

  private watch(): void {
    if (this.connection_ === "lost" || performance.now() - this.heardAt < LOST_AFTER_MS) return;
    this.connection_ = "lost";
    this.abort.abort();
    this.changed();
  }

  /** Many cameras report at once; the page is drawn once for all of them. */
  private changed(): void {
    this.notifying ??= setTimeout(() => {
      this.notifying = undefined;
      for (const watcher of [...this.watchers]) watcher();
    }, NOTIFY_EVERY_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
