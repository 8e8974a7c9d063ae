/** The server's clock. Phones are often minutes off, so the age of data is counted on the server's time. */

let skewMs = 0;

/** Sets the clock from the `Date` header of an answer. */
export function noteServerDate(response: Response): void {
  const sent = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(sent)) skewMs = sent - Date.now();
}

/** Milliseconds since the Unix epoch on the server's clock. */
export function serverNow(): number {
  return Date.now() + skewMs;
}
