/** What is known of one camera, in words and figures. */

import type { Camera, Load, RecentCounts, ZoneState } from "../api/client";
import type { App } from "../app_context";
import { type Child, h } from "../dom";
import { number, percent } from "../format";
import { t, word } from "../i18n";
import { badge } from "../levels";
import { whyDown } from "../explanations";
import { classLegend, minuteBars, presentClasses } from "./minute_bars";
import { STATUS_TEXTS } from "./video_view";

/** Without zones of its own a camera has one, the whole picture. */
const WHOLE_PICTURE = "view";

export function zoneName(id: string): string {
  return id === WHOLE_PICTURE ? t("zoneWhole") : t("zoneNamed", { id });
}

export function zoneLevels(app: App, camera: Camera): HTMLElement {
  if (camera.zones.length === 0) return h("p", { class: "hint" }, t("zonesNone"));
  return h("ul", { class: "zone-list" }, ...camera.zones.map((zone) => zoneRow(app, camera, zone)));
}

function zoneRow(app: App, camera: Camera, zone: ZoneState): HTMLElement {
  const level = app.live.level(zone.level);
  const known = level !== "unknown";
  const heard = app.live.connection !== "lost";
  const watched = heard && (camera.status === "online" || camera.status === "degraded");
  const details = [
    !known && watched ? t("notYetAssessed") : null,
    known && zone.speed_kmh !== null ? t("kmh", { n: number(zone.speed_kmh) }) : null,
    known && zone.since_at !== null ? t("since", { time: app.time.clock(zone.since_at) }) : null,
  ].filter((text) => text !== null);
  return h(
    "li",
    { "data-zone": zone.id },
    h("span", {}, h("strong", {}, zoneName(zone.id)), details.length ? h("span", { class: "hint" }, details.join(" · ")) : null),
    badge(level),
  );
}

export function recentCounts(app: App, recent: RecentCounts): HTMLElement {
  const observed = recent.minutes.filter((minute) => minute.counts !== null);
  if (observed.length === 0) return h("p", { class: "hint" }, t("recentNone"));
  const classes = presentClasses(app.city.classes, observed.map((minute) => minute.counts));
  const n = observed.reduce((sum, minute) => sum + sumOf(minute.counts), 0);
  const share = recent.minutes.reduce((sum, minute) => sum + minute.observed, 0) / recent.minutes.length;
  return h(
    "div",
    { class: "recent" },
    h("p", { class: "hint" }, t("recentTotal", { n: number(n), share: percent(share) })),
    minuteBars(recent.minutes, classes, app.time),
    classLegend(classes),
  );
}

export function gateTotals(app: App, { totals }: RecentCounts): HTMLElement {
  if (totals.length === 0) return h("p", { class: "hint" }, t("recentNone"));
  const classes = presentClasses(app.city.classes, totals.map((row) => row.counts));
  const heading = (text: string, of = "figure"): HTMLElement => h("th", { scope: "col", class: of }, text);
  const rows = totals.map(({ gate, direction, counts }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, gate),
      h("td", {}, direction),
      h("td", { class: "figure total" }, number(sumOf(counts))),
      ...classes.map((name) => h("td", { class: "figure" }, number(counts[name] ?? 0))),
    ),
  );
  const names = classes.map((name) => heading(word(name)));
  const head = h("tr", {}, heading(t("gate"), ""), heading(t("direction"), ""), heading(t("total")), ...names);
  const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
  return h("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": t("gateTotals") }, table);
}

export function about(camera: Camera): HTMLElement {
  const facts: [string, Child][] = [
    [t("site"), camera.site?.name ?? camera.name],
    [t("owner"), camera.owner ?? t("noValue")],
    [t("status"), t(camera.out_of_service ? "statusOutOfService" : STATUS_TEXTS[camera.status])],
  ];
  const why = whyDown(camera);
  if (why) facts.push([t("statusReason"), why]);
  if (camera.load) facts.push(...load(camera.load));
  return factList(facts);
}

function load(load: Load): [string, Child][] {
  const perSecond = t("looksValue", { n: number(load.analysed_fps, 1), wanted: number(load.wanted_fps, 1) });
  const share = load.reached === null ? "" : t("looksReached", { share: percent(load.reached) });
  const held = t("looksHeld", { n: number(load.held_fps, 1) });
  const age = load.age_p95_s === null ? t("noValue") : t("seconds", { n: number(load.age_p95_s, 2) });
  return [
    [t("looks"), [perSecond, share, held].filter((text) => text !== "").join("; ")],
    [t("factsAge"), age],
  ];
}

export function factList(facts: readonly [string, Child][]): HTMLElement {
  return h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function sumOf(counts: Record<string, number> | null): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
}
