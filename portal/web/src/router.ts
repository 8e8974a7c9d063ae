/** Router: opens the page of an address, and is the only module that changes the browser's history.
 *
 * The code of a page is loaded when the page is first opened, which keeps the public map small for phones.
 */

import { ApiError } from "./api/client";
import type { AppContext, OpenPage, Page } from "./app_context";
import { failure, notice } from "./components/notice";
import { h } from "./dom";
import { t } from "./i18n";
import { isSiteAddress, siteAddress, sitePath } from "./site_root";

export interface Route {
  /** Matches the path; its first group is the page's parameter. */
  pattern: RegExp;
  load: () => Promise<OpenPage>;
}

/** The part of the layout that the router uses. */
export interface PageFrame {
  showLoading(): void;
  /** moved: whether another page was shown before. */
  show(page: Page, moved: boolean): void;
}

/** Pages of the site. */
const ROUTES: readonly Route[] = [
  { pattern: /^\/$/, load: async () => (await import("./pages/map")).openMap },
  { pattern: /^\/camera\/([^/]+)$/, load: async () => (await import("./pages/camera")).openCamera },
  { pattern: /^\/favorit$/, load: async () => (await import("./pages/favorites")).openFavorites },
  { pattern: /^\/embed\/camera\/([^/]+)$/, load: async () => (await import("./pages/embed")).openEmbedCamera },
  { pattern: /^\/embed\/site\/([^/]+)$/, load: async () => (await import("./pages/embed")).openEmbedSite },
  { pattern: /^\/embed\/map$/, load: async () => (await import("./pages/embed")).openEmbedMap },
  { pattern: /^\/masuk$/, load: async () => (await import("./pages/sign_in")).openSignIn },
  { pattern: /^\/akun$/, load: async () => (await import("./pages/account")).openAccount },
  { pattern: /^\/orang$/, load: async () => (await import("./pages/people")).openPeople },
  { pattern: /^\/ketersediaan$/, load: async () => (await import("./pages/uptime")).openUptime },
  { pattern: /^\/laporan$/, load: async () => (await import("./pages/reports")).openReports },
  { pattern: /^\/privasi$/, load: async () => (await import("./pages/privacy")).openPrivacy },
  { pattern: /^\/data-terbuka$/, load: async () => (await import("./pages/open_data")).openOpenData },
  { pattern: /^\/riwayat$/, load: async () => (await import("./pages/history")).openHistory },
  {
    pattern: /^\/kejadian\/mutu$/,
    load: async () => (await import("./pages/incident_quality")).openIncidentQuality,
  },
  { pattern: /^\/kejadian(?:\/([^/]+))?$/, load: async () => (await import("./pages/incidents")).openIncidents },
];

export class Router {
  private page: Page | null = null;
  private route: Route | null = null;
  /** Number of the latest opening. A page of an earlier opening is closed when it arrives. */
  private requestId = 0;
  /** Path and query of the open page, without the fragment, which never selects a page. */
  private address = "";

  constructor(
    private readonly app: AppContext,
    private readonly frame: PageFrame,
    private readonly routes: readonly Route[] = ROUTES,
  ) {}

  start(): void {
    window.addEventListener("popstate", () => {
      if (currentAddress() !== this.address) this.navigate();
    });
    document.addEventListener("click", (event) => this.followLink(event));
    void this.open();
  }

  go(path: string): void {
    history.pushState(null, "", siteAddress(path));
    window.scrollTo(0, 0);
    this.navigate();
  }

  /** Replaces the query of the open page. Another path comes from a page that was closed, and is ignored. */
  replaceAddress(path: string): void {
    const address = siteAddress(path);
    if (sitePath(new URL(address, location.href).pathname) !== sitePath(location.pathname)) return;
    history.replaceState(null, "", address);
    this.address = currentAddress();
  }

  /** Opens the same address again: in another language, or after an error. */
  reopen(): void {
    void this.open();
  }

  /** Shows the current address: by the open page if it can, else by opening the page of the address. */
  private navigate(): void {
    const found = this.match();
    if (found && this.page?.showParameter && found.route === this.route) {
      this.address = currentAddress();
      this.page.showParameter(found.parameter);
    } else void this.open();
  }

  private async open(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    this.address = currentAddress();
    this.page?.close?.();
    this.page = null;
    this.frame.showLoading();
    const found = this.match();
    const page = found ? await this.load(found.route, found.parameter) : notFound();
    if (requestId !== this.requestId) {
      page.close?.();
      return;
    }
    this.page = page;
    this.route = found?.route ?? null;
    this.frame.show(page, requestId > 1);
    page.shown?.();
  }

  private match(): { route: Route; parameter: string } | null {
    for (const route of this.routes) {
      const match = route.pattern.exec(sitePath(location.pathname));
      if (match) return { route, parameter: decoded(match[1] ?? "") };
    }
    return null;
  }

  private async load(route: Route, parameter: string): Promise<Page> {
    const open = await route.load().catch(() => null);
    if (open === null) return this.incomplete();
    try {
      return await open(this.app, parameter);
    } catch (error) {
      return this.failed(error);
    }
  }

  /** Without the code of a page. A browser may not ask again for a file that it did not get, unless the page is loaded again. */
  private incomplete(): Page {
    const again = h("button", { type: "button", class: "button", click: () => location.reload() }, t("tryAgain"));
    const element = notice(t("pageIncomplete"), again);
    element.setAttribute("role", "alert");
    return { title: t("siteTitle", { city: this.app.city.name }), element };
  }

  private failed(error: unknown): Page {
    const status = error instanceof ApiError ? error.status : null;
    if (status === 401) queueMicrotask(() => this.go(signInPath()));
    const title = t("siteTitle", { city: this.app.city.name });
    if (status === 403) return { title, element: notice(t("needsRole")) };
    return { title, element: failure(error, () => this.reopen()) };
  }

  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest("a");
    const address = link?.getAttribute("href");
    if (!link || !address || !isSiteAddress(address) || link.hasAttribute("download") || link.target) return;
    const path = address.slice(siteAddress("").length);
    if (path.startsWith("/api/")) return;
    event.preventDefault();
    this.go(path);
  }
}

function notFound(): Page {
  const element = h(
    "div",
    { class: "notice" },
    h("h1", {}, t("notFound")),
    h("a", { href: siteAddress("/") }, t("backToMap")),
  );
  return { title: t("notFound"), element };
}

/** Path below the root, with the query. */
function currentAddress(): string {
  return sitePath(location.pathname) + location.search;
}

/** Returns a parameter with a damaged escape unchanged; no camera or incident has such an id. */
function decoded(parameter: string): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return parameter;
  }
}

function signInPath(): string {
  return `/masuk?next=${encodeURIComponent(currentAddress())}`;
}
