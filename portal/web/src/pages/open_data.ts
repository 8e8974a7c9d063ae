/** The public page of the open data: licence, and each feed with an example. */

import "./open_data.css";

import { get } from "../api/client";
import type { FeedEntry, FeedList } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { h } from "../dom";
import { localized, t } from "../i18n";

const USES = [
  "openDataUseGaps",
  "openDataUseTimes",
  "openDataUseCache",
  "openDataUseSites",
  "openDataUsePeriod",
  "openDataUseVersion",
] as const;

export async function openOpenData(_app: AppContext): Promise<Page> {
  const list = await get("/api/v1");
  const element = h(
    "div",
    { class: "page open-data" },
    h("h1", {}, t("openDataTitle")),
    h("p", {}, t("openDataIntro")),
    h("section", { class: "card" }, terms(list)),
    h("h2", {}, t("openDataFeeds")),
    h("ul", { class: "card feeds" }, ...list.feeds.map(feedItem)),
    h("h2", {}, t("openDataUse")),
    h(
      "section",
      { class: "card" },
      h("ul", {}, ...USES.map((key) => h("li", {}, t(key)))),
      h("p", {}, h("a", { href: list.openapi, download: "openapi.json" }, t("openDataProgram"))),
    ),
  );
  return { title: t("openDataTitle"), element };
}

function terms(list: FeedList): HTMLElement {
  const { licence, contact_email } = list;
  const licenceText = licence ? h("a", { href: licence.url }, licence.name) : t("openDataNoLicence");
  return h(
    "dl",
    { class: "terms" },
    ...term(t("openDataLicence"), licenceText),
    ...term(t("openDataPublisher"), list.publisher),
    ...term(t("openDataSource"), list.attribution),
    ...(contact_email ? term(t("openDataContact"), h("a", { href: `mailto:${contact_email}` }, contact_email)) : []),
  );
}

function term(name: string, value: Node | string): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function feedItem(feed: FeedEntry): HTMLElement {
  const format = feed.standard ? h("a", { href: feed.standard }, feed.format) : feed.format;
  const example = feed.example ? h("a", { href: feed.example }, h("code", {}, feed.example)) : t("openDataNoExample");
  return h(
    "li",
    { class: "feed" },
    h("h3", {}, localized(feed.title)),
    h("p", {}, localized(feed.description)),
    h("dl", { class: "terms" }, ...term(t("openDataFormat"), format), ...term(t("openDataExample"), example)),
  );
}
