import { defineConfig } from "vitest/config";
import { thirdParty } from "./third_party.ts";

export default defineConfig({
  plugins: [thirdParty()],
  resolve: {
    // The main file of the package is the old bundle; the module build has the same types and is smaller.
    alias: [{ find: /^leaflet$/, replacement: "leaflet/dist/leaflet-src.esm.js" }],
  },
  // Relative, so that the pages work below any path: portal/spa.py completes the addresses in index.html.
  base: "./",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: ["chrome80", "safari14", "firefox90"],
    // The content security policy allows no data: address, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Tests that need a DOM request happy-dom in their first line, because it takes a second to start.
  // Style sheets are read as text only.
  test: { restoreMocks: true, unstubGlobals: true, css: { include: [/\?raw$/] } },
});
