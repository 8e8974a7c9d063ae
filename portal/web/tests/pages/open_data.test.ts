// @vitest-environment happy-dom

import { beforeEach, expect, it } from "vitest";
import type { FeedList } from "../../src/api/schema";
import type { AppContext } from "../../src/app_context";
import { setLanguage } from "../../src/i18n";
import { openOpenData } from "../../src/pages/open_data";
import { CITY } from "../support/builders";
import { FakeServer } from "../support/fake_server";

const FEEDS: FeedList = {
  publisher: "Dishub",
  attribution: "Dishub Batam",
  contact_email: "data@batam.example.id",
  licence: { id: "CC-BY-4.0", name: "CC BY 4.0", url: "https://creativecommons.org/licenses/by/4.0/" },
  openapi: "/lalin/openapi.json",
  feeds: [
    {
      id: "state",
      path: "/lalin/api/v1/state.geojson",
      example: "/lalin/api/v1/state.geojson",
      media_type: "application/geo+json",
      format: "GeoJSON",
      standard: "https://www.rfc-editor.org/rfc/rfc7946",
      title: { id: "Keadaan sekarang", en: "Current state" },
      description: { id: "Setiap kamera.", en: "Each camera." },
    },
    {
      id: "history-csv",
      path: "/lalin/api/v1/history.csv",
      example: null,
      media_type: "text/csv",
      format: "CSV",
      standard: null,
      title: { id: "Riwayat", en: "History" },
      description: { id: "Setiap menit.", en: "Each minute." },
    },
  ],
};
let server: FakeServer;

beforeEach(() => {
  setLanguage("id");
  server = new FakeServer();
  server.install();
});

async function opened(list: FeedList): Promise<HTMLElement> {
  server.answer("/api/v1", list);
  return (await openOpenData({ city: CITY } as unknown as AppContext)).element;
}

function texts(element: HTMLElement, selector: string): (string | null)[] {
  return [...element.querySelectorAll(selector)].map(({ textContent }) => textContent);
}

it("lists each feed with a link to an example, in Indonesian first", async () => {
  const element = await opened(FEEDS);
  expect(texts(element, ".feed h3")).toEqual(["Keadaan sekarang", "Riwayat"]);
  expect(texts(element, ".feed dd")).toEqual([
    "GeoJSON",
    "/lalin/api/v1/state.geojson",
    "CSV",
    "belum ada kamera publik",
  ]);
  const example = element.querySelector(".feed code")?.closest("a");
  expect(example?.getAttribute("href")).toBe("/lalin/api/v1/state.geojson");
  setLanguage("en");
  expect(texts(await opened(FEEDS), ".feed h3")).toEqual(["Current state", "History"]);
});

it("has the licence, the source to name and the contact", async () => {
  const element = await opened(FEEDS);
  expect(texts(element, "section .terms dd")).toEqual(["CC BY 4.0", "Dishub", "Dishub Batam", "data@batam.example.id"]);
});

it("states that a city without a licence permits no reuse", async () => {
  const element = await opened({ ...FEEDS, licence: null, contact_email: null });
  expect(texts(element, "section .terms dd")[0]).toContain("belum boleh dipakai ulang");
  expect(element.querySelector('a[href^="mailto:"]')).toBeNull();
});
