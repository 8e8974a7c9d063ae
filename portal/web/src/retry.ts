/** Delays between retries, the same rule for the event stream and for video. */

interface RetryDelays {
  /** Before the first retry (ms). It doubles with each further failure. */
  firstMs: number;
  maxMs: number;
}

/** The delay (ms) after a number of failures in a row, changed by up to half at random, so that clients spread out. */
export function retryDelayMs({ firstMs, maxMs }: RetryDelays, failures: number): number {
  return Math.min(maxMs, firstMs * 2 ** failures) * (0.5 + Math.random());
}
