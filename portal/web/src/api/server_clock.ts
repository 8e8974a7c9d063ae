/** The server's clock: phones are often minutes off, and "5 seconds ago" must be true on them too. */

let skewMs = 0;

export function noteServerDate(response: Response): void {
  const sent = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(sent)) skewMs = sent - Date.now();
}

/** Milliseconds since the Unix epoch, by the server. */
export function serverNow(): number {
  return Date.now() + skewMs;
}
