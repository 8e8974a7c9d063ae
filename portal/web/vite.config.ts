import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // The package's entry is the old bundle with every plugin hook; the module build is smaller and typed the same.
    alias: [{ find: /^leaflet$/, replacement: "leaflet/dist/leaflet-src.esm.js" }],
  },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: ["chrome80", "safari14", "firefox90"],
    // The content security policy allows no data: address, so nothing may be inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Tests of the DOM name happy-dom in their first line; it takes a second a file to start.
  test: { restoreMocks: true, unstubGlobals: true },
});
