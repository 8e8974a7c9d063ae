import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { thirdPartyText } from "../third_party";

it("has the licence of each package of the pages, and of those that they need", () => {
  const root = new URL("..", import.meta.url).pathname;
  const text = thirdPartyText(root);
  const own = JSON.parse(readFileSync(`${root}/package.json`, "utf-8")) as { dependencies: Record<string, string> };
  for (const [name, version] of Object.entries(own.dependencies))
    expect(text).toContain(`${name} ${version}\nLicence: `);
  expect(text).toContain("quickselect ");
  expect(text).toContain("Permission to use, copy, modify");
  expect(text).not.toContain("@types/");
  expect(text).toContain("Natural Earth");
});
