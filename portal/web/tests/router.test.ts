// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../src/api/client";
import type { AppContext, Page } from "../src/app_context";
import { type PageFrame, type Route, Router } from "../src/router";
import { CITY } from "./support/builders";
import { collectListeners } from "./support/listeners";

const MODULES = import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true });

class RecordingFrame implements PageFrame {
  readonly shown: { title: string; moved: boolean }[] = [];
  loadings = 0;

  showLoading(): void {
    this.loadings += 1;
  }

  show(page: Page, moved: boolean): void {
    this.shown.push({ title: page.title, moved });
    document.body.replaceChildren(page.element);
  }

  get title(): string | undefined {
    return this.shown.at(-1)?.title;
  }
}

let frame: RecordingFrame;
let removeListeners: () => void;

beforeEach(() => {
  removeListeners = collectListeners();
  vi.stubGlobal("scrollTo", () => undefined);
  frame = new RecordingFrame();
});

afterEach(() => removeListeners());

function page(title: string, changes: Partial<Page> = {}): Page {
  return { title, element: document.createElement("div"), ...changes };
}

function route(pattern: RegExp, open: (parameter: string) => Page | Promise<Page>): Route {
  return { pattern, load: async () => (_app, parameter) => open(parameter) };
}

async function routerAt(path: string, routes: Route[]): Promise<Router> {
  history.replaceState(null, "", path);
  const router = new Router({ city: CITY } as AppContext, frame, routes);
  router.start();
  await settled();
  return router;
}

/** The browser's Back or Forward to a path. */
async function travelTo(path: string): Promise<void> {
  history.replaceState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
  await settled();
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
}

function link(href: string, attributes: Record<string, string> = {}): HTMLAnchorElement {
  const element = document.createElement("a");
  for (const [name, value] of Object.entries({ href, ...attributes })) element.setAttribute(name, value);
  document.body.append(element);
  return element;
}

function click(element: HTMLElement, options: MouseEventInit = {}): MouseEvent {
  const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...options });
  element.dispatchEvent(event);
  return event;
}

describe("an address", () => {
  const routes = [route(/^\/$/, () => page("map")), route(/^\/camera\/([^/]+)$/, (id) => page(`camera ${id}`))];

  it("opens its page with the parameter decoded", async () => {
    await routerAt("/camera/kabil%201", routes);
    expect(frame.title).toBe("camera kabil 1");
    expect(frame.shown[0]?.moved).toBe(false);
  });

  it("without a page is shown as not found", async () => {
    await routerAt("/nothing", routes);
    expect(frame.title).toBe("Halaman ini tidak ada.");
  });

  it("whose code cannot be loaded, as after an update of the portal, is opened anew by its button", async () => {
    const reload = vi.fn();
    vi.stubGlobal("location", { ...location, pathname: "/b", search: "", reload });
    const lost = async (): Promise<never> => Promise.reject(new TypeError("Failed to fetch a module"));
    await routerAt("/b", [{ pattern: /^\/b$/, load: lost }]);
    expect(document.body.textContent).toContain("tidak termuat seluruhnya");
    document.querySelector("button")?.click();
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("with a damaged escape is a parameter like any other", async () => {
    await routerAt("/camera/%E0%A4%A", routes);
    expect(frame.title).toBe("camera %E0%A4%A");
  });
});

describe("navigation", () => {
  it("closes the old page, shows the new page, and follows Back", async () => {
    const close = vi.fn();
    const router = await routerAt("/", [route(/^\/$/, () => page("map", { close })), route(/^\/b$/, () => page("b"))]);
    router.go("/b");
    await settled();
    expect(close).toHaveBeenCalledTimes(1);
    expect(location.pathname).toBe("/b");
    expect(frame.shown.at(-1)).toEqual({ title: "b", moved: true });

    await travelTo("/");
    expect(frame.title).toBe("map");
  });

  it("closes a page that arrives after a later navigation", async () => {
    const close = vi.fn();
    let arrive: (late: Page) => void = () => undefined;
    const slow = new Promise<Page>((resolve) => (arrive = resolve));
    const router = await routerAt("/", [
      route(/^\/$/, () => page("map")),
      route(/^\/slow$/, () => slow),
      route(/^\/b$/, () => page("b")),
    ]);
    router.go("/slow");
    await settled();
    router.go("/b");
    await settled();
    arrive(page("slow", { close }));
    await settled();
    expect(frame.title).toBe("b");
    expect(close).toHaveBeenCalledTimes(1);
  });

  it("ignores a fragment, which never selects a page", async () => {
    await routerAt("/", [route(/^\/$/, () => page("map"))]);
    await travelTo("/#isi");
    expect(frame.shown).toHaveLength(1);
  });
});

describe("another parameter of the same route", () => {
  it("is shown by a page that can, for go and for Back", async () => {
    const shown: string[] = [];
    const showParameter = (parameter: string): number => shown.push(parameter);
    const router = await routerAt("/list", [
      route(/^\/list(?:\/([^/]+))?$/, () => page("list", { showParameter })),
      route(/^\/$/, () => page("map")),
    ]);
    router.go("/list/7");
    await travelTo("/list");
    expect(shown).toEqual(["7", ""]);
    expect(frame.shown).toHaveLength(1);
  });

  it("opens any other page again", async () => {
    const router = await routerAt("/camera/1", [route(/^\/camera\/(.+)$/, (id) => page(`camera ${id}`))]);
    router.go("/camera/2");
    await settled();
    expect(frame.shown.map(({ title }) => title)).toEqual(["camera 1", "camera 2"]);
  });
});

describe("the history of the browser", () => {
  it("is changed by the router only", () => {
    const paths = Object.keys(MODULES).filter((path) => /\b(pushState|replaceState)\b/.test(MODULES[path] ?? ""));
    expect(paths).toEqual(["../src/router.ts"]);
  });
});

describe("replaceAddress", () => {
  it("changes the query without opening the page again, also on the way back to it", async () => {
    const router = await routerAt("/riwayat", [route(/^\/riwayat$/, () => page("history"))]);
    router.replaceAddress("/riwayat?camera=a");
    expect(location.search).toBe("?camera=a");
    await travelTo("/riwayat?camera=a#isi");
    expect(frame.shown).toHaveLength(1);
  });

  it("does nothing for a page that is no longer open", async () => {
    const router = await routerAt("/", [route(/^\/$/, () => page("map"))]);
    router.replaceAddress("/riwayat?camera=a");
    expect(location.pathname).toBe("/");
  });
});

describe("a link", () => {
  const routes = [route(/^\/$/, () => page("map")), route(/^\/b$/, () => page("b"))];

  it("of this site is opened without a reload", async () => {
    await routerAt("/", routes);
    expect(click(link("/b")).defaultPrevented).toBe(true);
    await settled();
    expect(frame.title).toBe("b");
  });

  it.each([
    ["of the API", link("/api/history.csv"), {}],
    ["of another site", link("https://example.org/"), {}],
    ["to download", link("/b", { download: "" }), {}],
    ["for a new tab", link("/b"), { ctrlKey: true }],
  ])("%s is left to the browser", async (_kind, element, options) => {
    await routerAt("/", routes);
    document.body.append(element);
    expect(click(element, options).defaultPrevented).toBe(false);
    expect(frame.shown).toHaveLength(1);
  });
});

describe("a page that the server refuses", () => {
  const refusing = (status: number): Route =>
    route(/^\/kejadian$/, () => Promise.reject(new ApiError(status, "Sign in first.")));

  it("leads to the sign-in page and back for a visitor without a session", async () => {
    await routerAt("/kejadian", [refusing(401), route(/^\/masuk$/, () => page("sign in"))]);
    await settled();
    expect(frame.title).toBe("sign in");
    expect(location.search).toBe("?next=%2Fkejadian");
  });

  it.each([
    [403, "Akun Anda tidak berhak membuka halaman ini."],
    [503, "Basis data tidak menjawab. Coba lagi sebentar lagi."],
  ])("reads in Indonesian for status %i", async (status, sentence) => {
    await routerAt("/kejadian", [refusing(status)]);
    expect(document.body.textContent).toContain(sentence);
    expect(document.body.textContent).not.toContain("Sign in first.");
  });
});
