/** Plugin of the build: THIRD_PARTY.txt with the licences of all code and data of others in the pages. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FILE = "THIRD_PARTY.txt";
/** Data of others in `src`. [source: codegen/land.py] */
const DATA = `Land and coasts: Natural Earth (naturalearthdata.com)\nPublic domain\n`;

interface Package {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
  dependencies?: Record<string, string>;
}

export function thirdParty(): Plugin {
  return {
    name: "third-party-licences",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: FILE, source: thirdPartyText(import.meta.dirname) });
    },
  };
}

/** The text, of the packages that the one in `root` needs, with those that they need. Types are no code. */
export function thirdPartyText(root: string): string {
  const found = new Map<string, string>();
  collect(root, [root], found);
  const texts = [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
  return [...texts, DATA].join(`\n${"-".repeat(80)}\n\n`);
}

/** folders: of the packages on the way to this one, in which its dependencies may lie. */
function collect(folder: string, folders: readonly string[], found: Map<string, string>): void {
  for (const name of Object.keys(read(folder).dependencies ?? {})) {
    const place = folders.map((outer) => join(outer, "node_modules", name)).find((path) => existsSync(path));
    if (name.startsWith("@types/") || found.has(name)) continue;
    if (place === undefined) throw new Error(`${name}: not installed; run npm ci`);
    found.set(name, entry(place));
    collect(place, [place, ...folders], found);
  }
}

function entry(folder: string): string {
  const { name, version, license, author } = read(folder);
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const by = typeof author === "object" ? author.name : author;
  const text = file
    ? readFileSync(join(folder, file), "utf-8")
    : `The package has no text of it. Author: ${by ?? name}\n`;
  return `${name} ${version}\nLicence: ${license ?? "see below"}\n\n${text}`;
}

function read(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf-8")) as Package;
}
