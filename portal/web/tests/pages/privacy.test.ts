// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import type { City } from "../../src/api/schema";
import type { AppContext, Page } from "../../src/app_context";
import { setLanguage } from "../../src/i18n";
import { openPrivacy } from "../../src/pages/privacy";
import { CITY } from "../support/builders";

afterEach(() => setLanguage("id"));

async function opened(city: Partial<City> = {}): Promise<HTMLElement> {
  const page: Page = await openPrivacy({ city: { ...CITY, ...city } } as AppContext);
  return page.element;
}

describe("the privacy notice", () => {
  it("names the controller and links the contact, by mail or as a page", async () => {
    const notice = await opened({ controller: "Dishub Batam", privacy_contact: "privasi@example.go.id" });
    expect(notice.textContent).toContain("Dishub Batam");
    expect(notice.querySelector("a")?.getAttribute("href")).toBe("mailto:privasi@example.go.id");
    const page = await opened({ privacy_contact: "https://batam.example/privasi" });
    expect(page.querySelector("a")?.getAttribute("href")).toBe("https://batam.example/privasi");
    expect((await opened({ privacy_contact: "javascript:alert(1)" })).querySelector("a")).toBeNull();
  });

  it("states clips and foreign servers where there are any", async () => {
    expect((await opened()).textContent).not.toContain("Cuplikan");
    const notice = await opened({ evidence_days: 14, tiles: "https://tiles.example/{z}/{x}/{y}.png" });
    expect(notice.textContent).toContain("selama 14 hari");
    expect(notice.textContent).toContain("server lain");
  });

  it("is complete in both languages, also where none is named", async () => {
    const indonesian = await opened();
    setLanguage("en");
    const english = await opened();
    expect(indonesian.textContent).toContain("Pemerintah daerah");
    expect(english.textContent).toContain("The local government");
    expect(english.querySelectorAll("p").length).toBe(indonesian.querySelectorAll("p").length);
    expect(english.textContent).not.toContain("kamera");
  });
});
