import { describe, expect, it } from "vitest";

const SOURCES = import.meta.glob<string>(["../src/**/*.ts", "./**/*.ts", "!../src/api/schema.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});
const DECLARATION = /^export (?:async )?(?:const|let|function|class|interface|type) (\w+)/gm;

describe("an export", () => {
  it.each(Object.keys(SOURCES).filter((path) => path.startsWith("../src")))("of %s is imported elsewhere", (path) => {
    const others = Object.entries(SOURCES).filter(([other]) => other !== path);
    const names = [...(SOURCES[path] ?? "").matchAll(DECLARATION)].map(([, name]) => name ?? "");
    const unused = names.filter((name) => !others.some(([, code]) => new RegExp(`\\b${name}\\b`).test(code)));
    expect(unused).toEqual([]);
  });
});
