import { describe, expect, it } from "vitest";
import { label, localized, t } from "../src/i18n";
import { english } from "../src/i18n/en";
import { indonesian } from "../src/i18n/id";

describe("a text in two languages", () => {
  it("is read in Indonesian first, and in English where that is all there is", () => {
    expect(localized({ en: "it fell", id: "roboh" })).toBe("roboh");
    expect(localized({ en: "it fell" })).toBe("it fell");
  });
});

describe("a text of the site", () => {
  it("has the same values in both languages", () => {
    const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, text] of Object.entries(indonesian)) {
      expect(values(english[key as keyof typeof indonesian]), key).toEqual(values(text));
    }
  });

  it("has its values filled in", () => {
    expect(t("zoneNamed", { id: "utara" })).toBe("Ruas utara");
  });

  it("for an identifier of the server is its label, or the identifier if it is new", () => {
    expect(label("wrong_way")).toBe("Melawan arah");
    expect(label("hoverboard")).toBe("hoverboard");
  });
});
