// @vitest-environment happy-dom

import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/api/client";
import { failure, failureText } from "../../src/components/notice";
import { setLanguage } from "../../src/i18n";

afterEach(() => setLanguage("id"));

describe("the text of an error", () => {
  it.each([
    [401, "Sesi Anda sudah berakhir. Masuk lagi."],
    [403, "Akun Anda tidak berhak membuka halaman ini."],
    [404, "Data yang diminta tidak ada."],
    [422, "Server tidak dapat memakai isian ini."],
    [429, "Terlalu banyak percobaan. Tunggu sebentar lalu coba lagi."],
    [500, "Terjadi gangguan di server (HTTP 500)."],
    [503, "Basis data tidak menjawab. Coba lagi sebentar lagi."],
  ])("with status %i is Indonesian, without the server's sentence", (status, text) => {
    expect(failureText(new ApiError(status, "In English."))).toBe(text);
  });

  it("has the server's sentence on an English page", () => {
    setLanguage("en");
    expect(failureText(new ApiError(422, "to must be after from."))).toBe(
      "The server cannot use this input. to must be after from.",
    );
  });

  it("of a server that cannot be reached is about the connection", () => {
    expect(failureText(new TypeError("Failed to fetch"))).toContain("Server tidak dapat dihubungi");
  });
});

describe("a failure", () => {
  it("is announced, and has a button to retry", () => {
    const retry = vi.fn();
    const element = failure(new TypeError("Failed to fetch"), retry);
    expect(element.getAttribute("role")).toBe("alert");
    element.querySelector("button")?.click();
    expect(retry).toHaveBeenCalledTimes(1);
  });
});
