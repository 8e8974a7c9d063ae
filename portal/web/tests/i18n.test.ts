// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import index from "../index.html?raw";
import { incidentTypeValues, roadUserValues } from "../src/api/schema";
import { MEASURES } from "../src/history/measures";
import { label, language, localized, restoreLanguage, setLanguage, t } from "../src/i18n";
import { english } from "../src/i18n/en";
import { indonesian } from "../src/i18n/id";

/** Texts that are the same in both languages. */
const SAME_IN_BOTH = ["Bus", "–", "DJ = q/C", "Menu"];

/** Source of every module but the texts themselves and generated types. */
const SOURCES = import.meta.glob<string>(["../src/**/*.ts", "!../src/i18n/{id,en}*.ts", "!../src/api/schema.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

const keys = Object.keys(indonesian) as (keyof typeof indonesian)[];

afterEach(() => setLanguage("id"));

describe("a text in two languages", () => {
  it("is read in the language of the page, and in the other where that is all there is", () => {
    expect(localized({ en: "it fell", id: "roboh" })).toBe("roboh");
    expect(localized({ en: "it fell" })).toBe("it fell");
    setLanguage("en");
    expect(localized({ en: "it fell", id: "roboh" })).toBe("it fell");
  });
});

describe("the texts of the site", () => {
  it("have the same keys in both languages", () => {
    expect(Object.keys(english).sort()).toEqual([...keys].sort());
  });

  it("have the same values to fill in", () => {
    const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of keys) expect(values(english[key]), key).toEqual(values(indonesian[key]));
  });

  it("are translated, except for the few that are the same in both languages", () => {
    const pairs = [
      ...keys.map((key) => [indonesian[key], english[key]]),
      ...MEASURES.flatMap(({ name, unit }) => [[name.id, name.en], ...(unit ? [[unit.id, unit.en]] : [])]),
    ];
    const same = pairs.filter(([id, en]) => id === en).map(([id]) => id);
    expect(same.sort()).toEqual([...SAME_IN_BOTH].sort());
  });

  it("are all used", () => {
    const code = Object.values(SOURCES).join("\n");
    const identifiers: readonly string[] = [...incidentTypeValues, ...roadUserValues];
    const unused = keys.filter(
      (key) => !code.includes(`"${key}"`) && !identifiers.includes(key) && !/^interval\d+$/.test(key),
    );
    expect(unused).toEqual([]);
  });

  it("have their values filled in", () => {
    expect(t("zoneNamed", { id: "utara" })).toBe("Ruas utara");
  });
});

describe("an identifier of the server", () => {
  it.each([...incidentTypeValues, ...roadUserValues])("%s has a label in both languages", (identifier) => {
    expect(label(identifier)).toBe(indonesian[identifier]);
    setLanguage("en");
    expect(label(identifier)).toBe(english[identifier]);
  });

  it("that is new is its own label", () => {
    expect(label("hoverboard")).toBe("hoverboard");
  });
});

describe("the language", () => {
  it("is Indonesian until another is chosen, and is kept in the browser", () => {
    localStorage.clear();
    restoreLanguage();
    expect([language(), document.documentElement.lang]).toEqual(["id", "id"]);
    setLanguage("en");
    restoreLanguage();
    expect([language(), document.documentElement.lang]).toEqual(["en", "en"]);
  });
});

describe("the page before its script has run", () => {
  const page = new DOMParser().parseFromString(index, "text/html");

  it("is Indonesian", () => {
    expect(page.documentElement.lang).toBe("id");
    expect(page.querySelector("#app")?.textContent).toBe(indonesian.loading);
  });

  it("marks the English sentence for browsers without JavaScript", () => {
    expect(index).toMatch(/<noscript>.*JavaScript\. <span lang="en">This page needs JavaScript\.<\/span>/);
  });
});
