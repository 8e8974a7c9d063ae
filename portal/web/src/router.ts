/** Addresses to pages. Pages are loaded when first opened, so that the public map stays small on a cheap phone. */

import { Refused } from "./api/client";
import type { App, OpenPage, Page } from "./app_context";
import { h } from "./dom";
import { t } from "./i18n";
import { failure, notice } from "./components/notice";
import type { Shell } from "./layout";

interface Route {
  pattern: RegExp;
  load: () => Promise<OpenPage>;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/$/, load: async () => (await import("./pages/map")).openMap },
  { pattern: /^\/camera\/([^/]+)$/, load: async () => (await import("./pages/camera")).openCamera },
  { pattern: /^\/masuk$/, load: async () => (await import("./pages/sign_in")).openSignIn },
  { pattern: /^\/riwayat$/, load: async () => (await import("./pages/history")).openHistory },
  { pattern: /^\/kejadian(?:\/([^/]+))?$/, load: async () => (await import("./pages/incidents")).openIncidents },
];

export class Router {
  private page: Page | null = null;
  private turn = 0;
  /** Without the part after #, which does not lead to another page. */
  private address = "";

  constructor(
    private readonly app: App,
    private readonly shell: Shell,
  ) {}

  start(): void {
    window.addEventListener("popstate", () => {
      if (location.pathname + location.search !== this.address) void this.open();
    });
    document.addEventListener("click", (event) => this.followLink(event));
    void this.open();
  }

  go(path: string): void {
    history.pushState(null, "", path);
    window.scrollTo(0, 0);
    void this.open();
  }

  /** The same address again: in another language, or for another user. */
  reopen(): void {
    void this.open();
  }

  private async open(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    this.address = location.pathname + location.search;
    this.page?.close?.();
    this.page = null;
    this.shell.showLoading();
    const page = await this.find();
    if (turn !== this.turn) {
      page.close?.();
      return;
    }
    this.page = page;
    this.shell.show(page, turn > 1);
    page.shown?.();
  }

  private async find(): Promise<Page> {
    const path = location.pathname;
    for (const { pattern, load } of ROUTES) {
      const match = pattern.exec(path);
      if (!match) continue;
      try {
        return await (await load())(this.app, decodeURIComponent(match[1] ?? ""));
      } catch (error) {
        return this.failed(error);
      }
    }
    return { title: t("notFound"), element: h("div", { class: "notice" }, h("h1", {}, t("notFound")), h("a", { href: "/" }, t("backToMap"))) };
  }

  private failed(error: unknown): Page {
    if (error instanceof Refused && error.status === 401) {
      queueMicrotask(() => this.go(signInPath()));
    }
    const title = t("siteTitle", { city: this.app.city.name });
    if (error instanceof Refused && error.status === 403) return { title, element: notice(t("needsRole")) };
    return { title, element: failure(error, () => this.reopen()) };
  }

  private followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest("a");
    const address = link?.getAttribute("href");
    if (!link || !address?.startsWith("/") || address.startsWith("/api/") || link.hasAttribute("download")) return;
    event.preventDefault();
    this.go(address);
  }
}

function signInPath(): string {
  return `/masuk?next=${encodeURIComponent(location.pathname + location.search)}`;
}
