import { describe, expect, it } from "vitest";
import index from "../index.html?raw";
import { levelValues, roadUserValues } from "../src/api/schema";

const STYLES = import.meta.glob<string>("../src/**/*.css", { query: "?raw", import: "default", eager: true });
const MODULES = import.meta.glob<string>(["../src/**/*.ts", "!../src/api/schema.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const CODE = [index, ...Object.values(MODULES)].join("\n");

/** Classes of the libraries, whose elements the style sheets adjust. */
const OF_A_LIBRARY = /^(leaflet|u-|uplot$)/;
/** Classes that modules put together from a prefix and a value. */
const COMPOSED = [
  ...levelValues.map((level) => `level-${level}`),
  ...roadUserValues.map((roadUser) => `class-${roadUser}`),
  ...["line", "stack"].map((kind) => `chart-${kind}`),
  ...[...CODE.matchAll(/\bcard\("(\w+)"/g)].map(([, name]) => `camera-${name}`),
];

function classesOf(css: string): string[] {
  const selectors = css.replace(/\/\*.*?\*\//gs, "").match(/[^{}]+(?=\{)/g) ?? [];
  return selectors.flatMap((selector) => selector.match(/(?<=\.)[a-z][\w-]*/gi) ?? []);
}

/** Classes in the values of `class` attributes, without those that are composed. */
function usedClasses(code: string): string[] {
  const values = [...code.matchAll(/\bclass(?:Name)?: ([^,}\n]+)/g)].map(([, value]) => value ?? "");
  const texts = values.flatMap((value) => value.match(/"[^"]*"|`[^`]*`/g) ?? []);
  return texts.flatMap((text) => text.slice(1, -1).split(" ")).filter((name) => name !== "" && !name.includes("$"));
}

function isUsed(name: string): boolean {
  return COMPOSED.includes(name) || new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(CODE);
}

describe("a style sheet", () => {
  it.each(Object.keys(STYLES))("%s has no class without an element", (path) => {
    const unused = classesOf(STYLES[path] ?? "").filter((name) => !OF_A_LIBRARY.test(name) && !isUsed(name));
    expect(unused).toEqual([]);
  });

  it.each(Object.keys(STYLES))("%s has rules", (path) => {
    expect(STYLES[path]).toContain("{");
  });

  it.each(Object.keys(STYLES))("%s is imported by a module", (path) => {
    expect(CODE).toContain(`/${path.split("/").pop()}"`);
  });
});

describe("an element", () => {
  it.each(Object.keys(MODULES))("of %s has no class without a style", (path) => {
    const styled = new Set(Object.values(STYLES).flatMap(classesOf));
    const unstyled = usedClasses(MODULES[path] ?? "").filter((name) => !styled.has(name));
    expect(unstyled).toEqual([]);
  });
});

describe("a custom property", () => {
  it("has a use", () => {
    const css = Object.values(STYLES).join("\n");
    const composed = [...levelValues, ...roadUserValues.map((roadUser) => `class-${roadUser}`)];
    const unused = [...new Set(css.match(/--[\w-]+(?=:)/g))].filter(
      (name) => !css.includes(`var(${name})`) && !CODE.includes(`"${name}"`) && !composed.includes(name.slice(2)),
    );
    expect(unused).toEqual([]);
  });
});
