/** The portal's HTTP API: what it sends, and how it is asked. */

import { noteServerDate } from "./server_clock";
import type { Level } from "../levels";

export type Status = "online" | "degraded" | "connecting" | "frozen" | "unusable" | "offline";
export type Role = "planner" | "police" | "operator";
/** By language, "id" and "en"; one of them may be all there is. */
export type PublicText = Record<string, string>;
export type Counts = Record<string, number>;
export type Point = [number, number];

export interface Position {
  lat: number;
  lon: number;
}

export interface City {
  name: string;
  timezone: string;
  centre: Position;
  zoom: number;
  tiles: string | null;
  tiles_attribution: string;
  classes: string[];
  /** All of it is made up, for a demonstration. */
  simulated: boolean;
}

export interface ZoneState {
  id: string;
  level: Level;
  speed_kmh: number | null;
  since_at: string | null;
  polygon?: Point[];
}

/** Looks a second: those that the traffic asks for, those had, and of these the ones in which nothing had moved. */
export interface Load {
  wanted_fps: number;
  analysed_fps: number;
  held_fps: number;
  reached: number | null;
  overloaded: boolean;
  age_p95_s: number | null;
}

export interface Camera {
  id: string;
  name: string;
  site: { id: string; name: string; position: Position | null } | null;
  owner: string | null;
  visibility: string;
  position: Position | null;
  level: Level;
  status: Status;
  /** What is wrong and what to do; operators alone are told. */
  reason: string | null;
  /** How well the machine keeps up with it; operators alone are told. */
  load: Load | null;
  /** Why nobody watches this camera; everybody is told. */
  out_of_service: PublicText | null;
  zones: ZoneState[];
  last_analysed_at: string | null;
  updated_at: string | null;
  video: { hls: string } | null;
}

export interface CameraDetail extends Camera {
  gates: { id: string; p1: Point; p2: Point }[];
  image_size: [number, number] | null;
}

export interface MinuteCounts {
  start_at: string;
  observed: number;
  counts: Counts | null;
}

export interface RecentCounts {
  camera_id: string;
  from_at: string;
  to_at: string;
  observed_s: number;
  minutes: MinuteCounts[];
  totals: { gate: string; direction: string; counts: Counts }[];
}

export interface HistoryRow {
  start_at: string;
  end_at: string;
  coverage: number;
  counts: Counts | null;
  flow_veh_h: number | null;
  speed_kmh: number | null;
  relative_speed: number | null;
  occupancy: number | null;
  level: Level | null;
  headway_mean_s: number | null;
  headway_median_s: number | null;
  /** Share of vehicles that followed within two seconds. */
  headway_under_2s: number | null;
  smp_h: number | null;
  saturation: number | null;
  level_of_service: string | null;
  emp_verified: boolean | null;
}

export interface History {
  camera_id: string;
  gate?: string | null;
  zone?: string | null;
  interval_s: number;
  rows: HistoryRow[];
}

export interface Incident {
  id: string;
  camera_id: string;
  camera_name: string;
  site_name: string | null;
  type: string;
  zone: string | null;
  start_at: string;
  detected_at: string;
  end_at: string | null;
  pixel: Point;
  position: Position | null;
  confidence: number;
  reason: string;
  snapshot: string | null;
}

/** What really happened in a simulated city. camera_id: null where the whole city is meant. */
export interface NarratedEvent {
  at: string;
  camera_id: string | null;
  camera_name: string | null;
  text: PublicText;
}

export interface User {
  name: string;
  roles: Role[];
}

/** The server answered, and not with what was asked for. `status` is the HTTP status. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 15_000;

export async function get<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
  const query = new URLSearchParams(parameters).toString();
  const response = await ask(query ? `${path}?${query}` : path, {});
  return (await response.json()) as T;
}

export async function signIn(name: string, password: string): Promise<User | null> {
  const response = await ask("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  return ((await response.json()) as { user: User | null }).user;
}

export async function signOut(): Promise<void> {
  await ask("/api/session", { method: "DELETE" });
}

/** Throws Refused for an error status, and what `fetch` throws where the server is out of reach. */
async function ask(url: string, options: RequestInit): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, { ...options, signal: abort.signal });
    noteServerDate(response);
    if (!response.ok) throw new Refused(response.status, await detailOf(response));
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function detailOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => null);
  const detail = (body as { detail?: unknown } | null)?.detail;
  return typeof detail === "string" ? detail : `HTTP ${response.status}`;
}
