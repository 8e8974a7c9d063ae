/** How often pictures are loaded: less often where the reader, or the device, saves data. */

import { remember, remembered } from "./preferences";

/** Key in the local storage of the browser: "on" or "off". */
const STORAGE_KEY = "simpang.dataSaver";
/** Time between two pictures of a card (ms). [assumption: the worker stores one every 5 s] */
const USUAL_MS = 5000;
/** The same while data is saved: at most 22 kB in it, less than 20 kbit/s. [target] */
const SAVING_MS = 10_000;

/** Part of the Network Information API, which TypeScript does not know. */
interface Connection {
  saveData?: boolean;
}

export function savesData(): boolean {
  const chosen = remembered(STORAGE_KEY);
  if (chosen !== null) return chosen === "on";
  return (navigator as Navigator & { connection?: Connection }).connection?.saveData === true;
}

export function setSavesData(saves: boolean): void {
  remember(STORAGE_KEY, saves ? "on" : "off");
}

/** Time between two pictures of a card (ms). */
export function pictureEveryMs(): number {
  return savesData() ? SAVING_MS : USUAL_MS;
}
