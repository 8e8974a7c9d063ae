/** Position of the reader, asked for by a tap, used in this browser only, and forgotten with the page. */

import type { Position } from "./api/schema";

/** Time (ms) in which the device must find its position. [assumption] */
const WITHIN_MS = 15_000;
/** Age (ms) up to which an earlier position is used. [assumption: a minute in a car] */
const MAX_AGE_MS = 60_000;
/** Mean radius of the earth (m). [source: IUGG] */
const EARTH_RADIUS_M = 6_371_009;

/** Why there is no position: the page is not served over HTTPS, or the browser or the reader refused. */
type Refusal = "nearMeInsecure" | "nearMeDenied";

export function findPosition(): Promise<Position | Refusal> {
  if (!window.isSecureContext) return Promise.resolve("nearMeInsecure");
  if (!navigator.geolocation) return Promise.resolve("nearMeDenied");
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude }),
      () => resolve("nearMeDenied"),
      { timeout: WITHIN_MS, maximumAge: MAX_AGE_MS },
    );
  });
}

/** Great-circle distance in metres. */
export function distanceM(a: Position, b: Position): number {
  const [lat1, lat2] = [radians(a.lat), radians(b.lat)];
  const dLon = radians(b.lon - a.lon);
  const h = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
