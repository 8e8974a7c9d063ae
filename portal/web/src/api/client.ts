/** HTTP client of the portal's API. Paths, parameters and answers are typed by `schema.ts`, which is generated. */

import { siteAddress } from "../site_root";
import type { Incident, paths, ReportKind, Session, SignIn, StepRequest } from "./schema";
import { noteServerDate } from "./server_clock";

type GetOperation<P extends keyof paths> = paths[P] extends { get: infer Operation } ? Operation : never;
type JsonBody<Operation> = Operation extends { responses: { 200: { content: { "application/json": infer Body } } } }
  ? Body
  : never;
/** Paths that answer GET with JSON. */
type JsonPath = { [P in keyof paths]: [JsonBody<GetOperation<P>>] extends [never] ? never : P }[keyof paths];
/** `path` fills `{name}` in the path; `query` follows the `?`, without the parameters that are null or undefined. */
type RequestParameters<P extends keyof paths> =
  GetOperation<P> extends { parameters: infer All } ? Pick<All, Extract<keyof All, "path" | "query">> : never;
type OptionalIfEmpty<T> = Record<never, never> extends T ? [parameters?: T] : [parameters: T];

/** An answer with an error status. `status` is the HTTP status, `message` the server's sentence in English. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Milliseconds after which a request without an answer is aborted. [assumption] */
const TIMEOUT_MS = 15_000;

/** The state of the cameras. A browser may not answer with an old one, as shared caches do for seconds. */
const STATE: JsonPath = "/api/cameras";

let credentials: RequestCredentials = "same-origin";

/** From now on requests go without the session, so that the answers are those for the public. */
export function omitSession(): void {
  credentials = "omit";
}

/** Throws ApiError for an error status, and what `fetch` throws if the server cannot be reached. */
export async function get<P extends JsonPath>(
  path: P,
  ...[parameters]: OptionalIfEmpty<RequestParameters<P>>
): Promise<JsonBody<GetOperation<P>>> {
  const answer = await request(
    apiUrl(path, parameters as RequestParameters<P>),
    path === STATE ? { cache: "no-cache" } : {},
  );
  return JSON.parse(answer) as JsonBody<GetOperation<P>>;
}

/** The JSON of a file of the built pages. Throws as `get` does. */
export async function getFile(address: string): Promise<unknown> {
  return JSON.parse(await request(address, {}));
}

/** The address of a GET request. */
export function apiUrl<P extends keyof paths>(path: P, parameters?: RequestParameters<P>): string {
  const { path: names = {}, query = {} } = (parameters ?? {}) as Record<"path" | "query", Record<string, unknown>>;
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(names[name])));
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return siteAddress(search ? `${filled}?${search}` : filled);
}

/** The right password, but a browser that did not keep the cookie of the session. */
export class SessionNotKept extends Error {}

/** Opens a session and returns its user. Throws SessionNotKept where the browser drops the cookie. */
export async function signIn(credentials: SignIn): Promise<Session["user"]> {
  await request(apiUrl("/api/session"), posted(credentials));
  const { user } = await get("/api/session");
  if (user === null) throw new SessionNotKept();
  return user;
}

export async function signOut(): Promise<void> {
  await request(apiUrl("/api/session"), { method: "DELETE" });
}

/** Reports that something is wrong with a camera. */
export async function reportCamera(id: string, kind: ReportKind): Promise<void> {
  await request(siteAddress(`/api/cameras/${encodeURIComponent(id)}/reports`), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind }),
  });
}

/** Marks the reports of a kind about a camera as handled. */
export async function handleReports(id: string, kind: ReportKind): Promise<void> {
  await request(siteAddress(`/api/camera-reports/${encodeURIComponent(id)}/${kind}`), { method: "DELETE" });
}

/** Adds a step to the handling of an incident; returns the incident after it. Throws as `get` does. */
export async function takeStep(id: string, step: StepRequest): Promise<Incident> {
  const url = apiUrl("/api/incidents/{incident_id}/steps", { path: { incident_id: id } });
  return JSON.parse(await request(url, posted(step))) as Incident;
}

function posted(content: SignIn | StepRequest): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
}

type Changing = "POST" | "PUT" | "DELETE";

/** Changes something and returns the JSON of the answer. Throws as `get` does. */
export async function exchange<Answer>(method: Changing, address: string, body: unknown): Promise<Answer> {
  return JSON.parse(await send(method, address, body)) as Answer;
}

/** Changes something at an address below the root; returns the text of the answer. Throws as `get` does. */
export async function send(method: Changing, address: string, body?: unknown): Promise<string> {
  const content =
    body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return request(siteAddress(address), { method, ...content });
}

/** Returns the text of an answer, all of which must arrive in time. */
async function request(url: string, options: RequestInit): Promise<string> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, { ...options, credentials, signal: abort.signal });
    noteServerDate(response);
    const answer = await response.text();
    if (!response.ok) throw new ApiError(response.status, detailOf(answer) ?? `HTTP ${response.status}`);
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/** The server's sentence; null in the answer of another server, such as a proxy. */
function detailOf(answer: string): string | null {
  try {
    const { detail } = JSON.parse(answer) as { detail?: unknown };
    return typeof detail === "string" ? detail : null;
  } catch {
    return null;
  }
}
