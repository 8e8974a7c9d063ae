/** The server's clock. Phones are often minutes off, so the age of data is counted on the server's time. */

/** A moment on both clocks of this browser (ms). */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** This moment. */
export function moment(): Moment {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Time (ms) for which the state of the cameras may be kept on its way. [source: portal/live/state_answers.py and
 * state_updater.py, docker/nginx.conf]
 */
const KEPT_FOR_MS = 15_000;

/** Server time (ms since the epoch) of the last answer, with the moment of its arrival. */
let noted = { server: Date.now(), ...moment() };
/** Whether the time is the portal's own. The `Date` header may be that of a proxy. */
let isPortalTime = false;

/** Sets the clock from the `Date` header of an answer, until the portal has sent a time of its own. */
export function noteServerDate(response: Response): void {
  const sent = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(sent) && !isPortalTime) note(sent);
}

/** Sets the clock to a time that the portal has sent lately. A proxy may keep answers for a few seconds, so only a
 * later time, or one far before the clock, corrects it.
 */
export function notePortalTime(at: string): void {
  const sent = Date.parse(at);
  const ahead = serverNow() - sent;
  if (Number.isNaN(sent) || (isPortalTime && ahead >= 0 && ahead < KEPT_FOR_MS)) return;
  isPortalTime = true;
  note(sent);
}

/** Milliseconds since the Unix epoch on the server's clock. */
export function serverNow(): number {
  return noted.server + elapsedSince(noted);
}

/** Milliseconds since a moment. The monotonic clock may stop while a device sleeps; the other may be set back. */
export function elapsedSince({ monotonic, wall }: Moment): number {
  return Math.max(performance.now() - monotonic, Date.now() - wall);
}

function note(server: number): void {
  noted = { server, ...moment() };
}
