/** Installed page: its offline shell, and the time of the last data, which a start without a connection states. */

import { ApiError } from "./api/client";
import { failure } from "./components/notice";
import { h } from "./dom";
import { TimeFormat } from "./format";
import { t } from "./i18n";
import { remember, remembered } from "./preferences";
import { siteAddress } from "./site_root";
import type { CameraStore } from "./state/camera_store";

/** Key in the local storage of the browser: a JSON object `LastData`. */
const STORAGE_KEY = "simpang.lastData";
/** Time between two notes of it (ms). [assumption: a minute is exact enough] */
const NOTE_EVERY_MS = 30_000;

/** at: server time (ms) of the last current data. zone: of the city. */
interface LastData {
  at: number;
  zone: string;
}

/** Notes the time of the last current data while the page is open. No state of a camera is ever stored. */
export function noteLastData(store: CameraStore, zone: string): void {
  let noted = 0;
  store.onChange(() => {
    const at = store.lastReceivedAt;
    if (at === null || at - noted < NOTE_EVERY_MS) return;
    noted = at;
    remember(STORAGE_KEY, JSON.stringify({ at, zone } satisfies LastData));
  });
}

/** In place of the page where the portal cannot be reached at the start. Tries again once the browser is online. */
export function startFailure(error: unknown, retry: () => void): HTMLElement {
  if (error instanceof ApiError) return failure(error, retry);
  const again = (): void => {
    window.removeEventListener("online", again);
    retry();
  };
  window.addEventListener("online", again);
  const last = lastData();
  const time = last && new TimeFormat(last.zone).dayAndClock(last.at);
  const sentence = time ? t("offlineLastData", { time }) : t("offlineNever");
  const element = failure(error, again);
  element.prepend(h("p", { class: "error-message" }, sentence));
  return element;
}

/** Makes the page installable. A browser without service workers, or without HTTPS, has no offline shell. */
export function install(): void {
  const links = [
    { rel: "manifest", href: siteAddress("/manifest.webmanifest") },
    { rel: "apple-touch-icon", href: siteAddress("/icons/icon-192.png") },
  ];
  document.head.append(...links.map((link) => h("link", link)));
  void registerWorker();
}

async function registerWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(siteAddress("/sw.js"));
    const { active } = await navigator.serviceWorker.ready;
    // Also what is loaded later: the worker may be active before it controls this page.
    new PerformanceObserver((list) => {
      const loaded = list.getEntries().map((entry) => entry.name);
      active?.postMessage({ assets: loaded.filter((address) => address.includes("/assets/")) });
    }).observe({ type: "resource", buffered: true });
  } catch {
    // The page works without.
  }
}

function lastData(): LastData | null {
  try {
    const { at, zone } = JSON.parse(remembered(STORAGE_KEY) ?? "") as LastData;
    new TimeFormat(zone).dayAndClock(at); // throws for a value of another version
    return typeof at === "number" ? { at, zone } : null;
  } catch {
    return null;
  }
}
