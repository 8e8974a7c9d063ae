// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppContext, Role } from "../src/app_context";
import { TimeFormat } from "../src/format";
import { setLanguage } from "../src/i18n";
import { Layout } from "../src/layout";
import type { Connection } from "../src/state/camera_store";
import { CITY } from "./support/builders";

const languageChanged = vi.fn();
let app: AppContext;
let changed: () => void;
let store: { connection: Connection; lastReceivedAt: number | null; onChange(listener: () => void): void };

beforeEach(() => {
  languageChanged.mockReset();
  store = {
    connection: "live",
    lastReceivedAt: Date.parse("2026-11-22T00:00:00Z"),
    onChange: (listener) => {
      changed = listener;
    },
  };
  app = { city: CITY, time: new TimeFormat(CITY.timezone), store, user: null } as unknown as AppContext;
});

afterEach(() => setLanguage("id"));

function layoutFor(...roles: Role[]): Layout {
  app.user = roles.length ? { name: "rina", roles } : null;
  return new Layout(app, document.body, languageChanged);
}

function texts(selector: string): (string | null)[] {
  return [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
}

describe("the navigation", () => {
  it.each<[Role[], string[]]>([
    [[], ["Peta", "Favorit", "Ketersediaan", "Data terbuka"]],
    [["planner"], ["Peta", "Favorit", "Ketersediaan", "Data terbuka", "Riwayat"]],
    [["police"], ["Peta", "Favorit", "Ketersediaan", "Data terbuka", "Kejadian"]],
    [["operator"], ["Peta", "Favorit", "Ketersediaan", "Data terbuka", "Riwayat", "Kejadian", "Laporan"]],
  ])("for %j has %j", (roles, links) => {
    layoutFor(...roles);
    expect(texts("nav a")).toEqual(links);
  });
});

describe("the connection", () => {
  it("is shown in words", () => {
    layoutFor();
    expect(texts(".connection-state")).toEqual(["Langsung"]);
    store.connection = "broken";
    changed();
    expect(texts(".connection-state")).toEqual(["Menyambung lagi…"]);
  });

  it.each<[number | null, string]>([
    [Date.parse("2026-11-22T00:00:00Z"), "Kabar terakhir pukul 07.00.00 WIB"],
    [null, "Server tidak dapat dihubungi"],
  ])("that is lost is announced in a banner", (lastReceivedAt, text) => {
    layoutFor();
    expect(document.querySelector<HTMLElement>("[role=alert]")?.hidden).toBe(true);
    store.connection = "lost";
    store.lastReceivedAt = lastReceivedAt;
    changed();
    const banner = document.querySelector<HTMLElement>("[role=alert]");
    expect(banner?.hidden).toBe(false);
    expect(banner?.textContent).toContain(text);
  });
});

describe("the language switch", () => {
  it("changes the language of the page", () => {
    layoutFor();
    document.querySelector<HTMLElement>("button[lang=en]")?.click();
    expect(document.documentElement.lang).toBe("en");
    expect(languageChanged).toHaveBeenCalledTimes(1);
  });
});

describe("the menu of a phone", () => {
  it("is opened and closed by its button", () => {
    layoutFor();
    const button = document.querySelector<HTMLElement>("[aria-controls=menu]");
    const menu = document.getElementById("menu");
    expect([button?.getAttribute("aria-expanded"), menu?.dataset.open]).toEqual(["false", "false"]);
    button?.click();
    expect([button?.getAttribute("aria-expanded"), menu?.dataset.open]).toEqual(["true", "true"]);
    button?.click();
    expect(menu?.dataset.open).toBe("false");
  });
});

describe("a page", () => {
  it("is shown with its title, and has the focus if another page was shown before", () => {
    const layout = layoutFor();
    const element = document.createElement("div");
    layout.show({ title: "Riwayat", element }, true);
    expect(document.title).toBe("Riwayat · Simpang Batam");
    expect(element.parentElement).toBe(document.activeElement);
  });
});
