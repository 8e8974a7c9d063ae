// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as Favorites from "../src/favorites";

let module: typeof Favorites;

beforeEach(async () => {
  localStorage.clear();
  vi.resetModules();
  module = await import("../src/favorites");
});

async function reloaded(stored: string): Promise<typeof Favorites> {
  localStorage.setItem("simpang.favorites", stored);
  vi.resetModules();
  return import("../src/favorites");
}

describe("favourites", () => {
  it("are kept in the browser, in the order in which they were added", async () => {
    module.toggleFavorite("kabil-1");
    module.toggleFavorite("jam-1");
    module.toggleFavorite("laluan-1");
    module.toggleFavorite("jam-1");
    expect(module.favorites()).toEqual(["kabil-1", "laluan-1"]);
    const again = await reloaded(localStorage.getItem("simpang.favorites") ?? "");
    expect(again.favorites()).toEqual(["kabil-1", "laluan-1"]);
  });

  it.each(["", "{", '"a"', '{"a":1}', "[1,null]"])("that were stored as %s are none", async (stored) => {
    expect((await reloaded(stored)).favorites()).toEqual([]);
  });

  it("that another tab changes are reported", () => {
    const changed = vi.fn();
    const end = module.onFavorites(changed);
    localStorage.setItem("simpang.favorites", '["jam-1"]');
    window.dispatchEvent(new StorageEvent("storage", { key: "simpang.favorites" }));
    expect(changed).toHaveBeenCalledTimes(1);
    expect(module.isFavorite("jam-1")).toBe(true);
    end();
    module.toggleFavorite("jam-1");
    expect(changed).toHaveBeenCalledTimes(1);
  });
});
