import { describe, expect, it } from "vitest";
import { isSiteAddress, rootOf, siteAddress, sitePath } from "../src/site_root";

describe("the root of the portal", () => {
  it.each([
    ["https://kota.example.id/assets/index-1a2b.js", ""],
    ["https://kota.example.id/lalin/assets/index-1a2b.js", "/lalin"],
    ["http://10.0.0.5:8080/a/b/assets/index-1a2b.js", "/a/b"],
    ["http://localhost:5173/src/site_root.ts", ""],
    ["file:///home/x/src/site_root.ts", ""],
  ])("of the script %s is %o", (script, root) => {
    expect(rootOf(script)).toBe(root);
  });
});

describe("a path below the root", () => {
  it("is an address with it, and back", () => {
    expect(siteAddress("/camera/a", "/lalin")).toBe("/lalin/camera/a");
    expect(sitePath("/lalin/camera/a", "/lalin")).toBe("/camera/a");
  });

  it.each([
    ["/lalin", "/"],
    ["/lalin/", "/"],
    ["/lalin/riwayat/", "/riwayat"],
    ["/", "/"],
    ["/lalinx", "/lalinx"],
  ])("of the address %s is %s", (address, path) => {
    expect(sitePath(address, "/lalin")).toBe(path);
  });

  it("is not of another site on the same host", () => {
    expect(isSiteAddress("/lalin/", "/lalin")).toBe(true);
    expect(isSiteAddress("/lalinx", "/lalin")).toBe(false);
    expect(isSiteAddress("#isi", "")).toBe(false);
  });
});
