// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CameraState } from "../../src/api/schema";
import { CardPicture } from "../../src/components/card_picture";
import { camera } from "../support/builders";

const VIDEO = {
  hls: "/live/a/index.m3u8",
  still: null,
  small: null,
  only_pictures: false,
  preview: "/live/a/preview.jpg",
};
let picture: CardPicture;

beforeEach(() => {
  vi.stubGlobal("IntersectionObserver", undefined);
  const headers = { "Last-Modified": new Date().toUTCString() };
  vi.stubGlobal("fetch", async () => new Response("jpeg", { headers }));
  picture = new CardPicture("Kabil");
});

afterEach(() => {
  picture.close();
  vi.unstubAllGlobals();
});

it.each<[Partial<CameraState>, boolean]>([
  [{}, true],
  [{ delayed: true }, true],
  [{ status: "frozen" }, false],
  [{ status: "unusable" }, false],
])("a picture of a camera with %j has an age: %s", async (changes, hasAge) => {
  picture.update(camera("a", { video: VIDEO, ...changes }), false);
  const image = picture.element.querySelector("img");
  await vi.waitFor(() => expect(image?.hasAttribute("src")).toBe(true));
  image?.dispatchEvent(new Event("load"));
  expect(image?.hidden).toBe(false);
  expect(picture.element.querySelector<HTMLElement>(".card-picture-age")?.hidden).toBe(!hasAge);
});
