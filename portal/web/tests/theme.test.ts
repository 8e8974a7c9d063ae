// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import styles from "../src/base.css?raw";
import { restoreTheme, setTheme, theme } from "../src/theme";

let deviceIsDark = false;
const shown = (): string | undefined => document.documentElement.dataset.theme;

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("matchMedia", () => ({ matches: deviceIsDark, addEventListener: () => undefined }));
});

describe("the appearance", () => {
  it.each([
    [true, "dark"],
    [false, "light"],
  ])("follows the device, dark: %s", (dark, expected) => {
    deviceIsDark = dark;
    restoreTheme();
    expect([theme(), shown()]).toEqual(["system", expected]);
  });

  it("that was chosen is kept in the browser", () => {
    deviceIsDark = false;
    setTheme("dark");
    restoreTheme();
    expect([theme(), shown()]).toEqual(["dark", "dark"]);
  });

  it("of a widget is that of its address, and is not kept", () => {
    setTheme("light");
    restoreTheme("dark");
    expect(shown()).toBe("dark");
    restoreTheme();
    expect(shown()).toBe("light");
    restoreTheme("purple");
    expect([theme(), shown()]).toEqual(["system", "light"]);
  });
});

/** Relative luminance of a colour. [WCAG 2.2] */
function luminance(color: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (lighter + 0.05) / (darker + 0.05);
}

function colorsOf(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  );
}

describe("the colours", () => {
  const light = colorsOf(styles.slice(0, styles.indexOf("}")));
  const dark = { ...light, ...colorsOf(styles.slice(styles.indexOf('[data-theme="dark"]')).split("}")[0] ?? "") };
  const TEXTS = [
    ["ink", "surface"],
    ["ink", "ground"],
    ["muted", "surface"],
    ["muted", "ground"],
    ["muted", "accent-soft"],
    ["accent", "surface"],
    ["accent", "ground"],
    ["accent-ink", "accent"],
    ["alert", "surface"],
    ["alert-ink", "alert"],
    ...["free", "dense", "congested", "jammed", "unknown"].map((level) => [`${level}-ink`, level]),
  ] as const;

  it.each(
    TEXTS.flatMap(([text, under]) => [["light", light, text, under] as const, ["dark", dark, text, under] as const]),
  )("%s: %s %s on %s can be read", (_name, colors, text, under) => {
    expect(contrast(colors[text ?? ""] ?? "", colors[under ?? ""] ?? "")).toBeGreaterThanOrEqual(4.5);
  });
});
