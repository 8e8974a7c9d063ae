/** Zones, counts and other facts of a camera. */

import "./camera_facts.css";
import "./data_table.css";

import type { CameraState, Load, RecentCounts, ZoneState } from "../api/schema";
import type { AppContext } from "../app_context";
import { type Child, h } from "../dom";
import { sightMessage, statusMessage, statusText } from "../explanations";
import { number, percent } from "../format";
import { label, t } from "../i18n";
import { levelBadge } from "./level_badge";
import { classLegend, minuteBars, presentClasses, totalOf } from "./minute_bars";

/** Name of a zone. A camera without drawn zones has a single zone, the whole frame; its id is part of the city. */
export function zoneName({ city }: AppContext, id: string): string {
  return id === city.whole_frame_zone ? t("zoneWhole") : t("zoneNamed", { id });
}

export function zoneLevels(app: AppContext, camera: CameraState): HTMLElement {
  if (camera.zones.length === 0) return h("p", { class: "hint" }, t("zonesNone"));
  return h("ul", { class: "zone-list" }, ...camera.zones.map((zone) => zoneRow(app, camera, zone)));
}

function zoneRow(app: AppContext, camera: CameraState, zone: ZoneState): HTMLElement {
  const level = app.store.shownLevel(zone.level);
  const known = level !== "unknown";
  const connected = app.store.connection !== "lost";
  const analysed = connected && (camera.status === "online" || camera.status === "degraded");
  const details = [
    analysed ? (sightMessage(zone.sight) ?? (known ? null : t("notYetAssessed"))) : null,
    known && zone.speed_kmh !== null ? t("kmh", { n: number(zone.speed_kmh) }) : null,
    known && zone.since_at !== null ? t("since", { time: app.time.clock(zone.since_at) }) : null,
  ].filter((text) => text !== null);
  return h(
    "li",
    { "data-zone": zone.id },
    h(
      "span",
      {},
      h("strong", {}, zoneName(app, zone.id)),
      details.length ? h("span", { class: "hint" }, details.join(" · ")) : null,
    ),
    levelBadge(level),
  );
}

/** Counts of the last minutes, or why there are none. A blind minute counts as not observed. */
export function recentCounts(app: AppContext, recent: RecentCounts, sight: CameraState["sight"]): HTMLElement {
  const observed = recent.minutes.filter((minute) => minute.counts !== null);
  if (observed.length === 0) {
    return h("p", { class: "hint" }, (sight === "blind" ? sightMessage(sight) : null) ?? t("recentNone"));
  }
  const classes = presentClasses(
    app.city.classes,
    observed.map((minute) => minute.counts),
  );
  const n = observed.reduce((sum, minute) => sum + totalOf(minute.counts), 0);
  const share = observed.reduce((sum, minute) => sum + minute.observed, 0) / recent.minutes.length;
  return h(
    "div",
    {},
    h("p", { class: "hint" }, t("recentTotal", { n: number(n), share: percent(share) })),
    minuteBars(recent.minutes, classes, app.time),
    classLegend(classes),
  );
}

export function gateTotals(app: AppContext, { totals }: RecentCounts): HTMLElement {
  if (totals.length === 0) return h("p", { class: "hint" }, t("recentNone"));
  const classes = presentClasses(
    app.city.classes,
    totals.map((row) => row.counts),
  );
  const heading = (text: string, of = "numeric"): HTMLElement => h("th", { scope: "col", class: of }, text);
  const rows = totals.map(({ gate, direction, counts }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, gate),
      h("td", {}, direction),
      h("td", { class: "numeric total" }, number(totalOf(counts))),
      ...classes.map((name) => h("td", { class: "numeric" }, number(counts[name] ?? 0))),
    ),
  );
  const names = classes.map((name) => heading(label(name)));
  const head = h("tr", {}, heading(t("gate"), ""), heading(t("direction"), ""), heading(t("total")), ...names);
  const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": t("gateTotals") }, table);
}

/** Site, owner and state. A system message of the state is in English, which operators can search for.
 *
 * lost: the connection is lost, so that the present state is not known.
 */
export function about(camera: CameraState, lost: boolean): HTMLElement {
  const facts: [string, Child][] = [
    [t("site"), camera.site?.name ?? camera.name],
    [t("owner"), camera.owner ?? t("noValue")],
    [t("status"), lost ? t("statusUnknown") : statusText(camera)],
  ];
  if (lost) return factList(facts);
  const why = statusMessage(camera);
  if (why) facts.push([t("statusReason"), why]);
  const error = camera.details?.error;
  if (error) facts.push([t("systemMessage"), h("span", { lang: "en" }, error)]);
  if (camera.load) facts.push(...load(camera.load));
  return factList(facts);
}

function load(load: Load): [string, Child][] {
  const perSecond = t("analysisRateValue", { n: number(load.analysed_fps, 1), wanted: number(load.wanted_fps, 1) });
  const share = load.reached === null ? "" : t("analysisRateReached", { share: percent(load.reached) });
  const withoutDetector = t("framesWithoutDetector", { n: number(load.held_fps, 1) });
  const age = load.age_p95_s === null ? t("noValue") : t("seconds", { n: number(load.age_p95_s, 2) });
  const facts: [string, Child][] = [
    [t("analysisRate"), [perSecond, share, withoutDetector].filter((text) => text !== "").join("; ")],
    [t("factsAge"), age],
  ];
  const overload = overloadText(load);
  if (overload) facts.push([t("overload"), overload]);
  return facts;
}

/** What overload does to this camera: missed frames and smaller pictures; empty where it does nothing. */
function overloadText(load: Load): string {
  const missed = load.reached === null ? 0 : 1 - load.reached;
  const texts = [];
  if (missed >= SHOWN_SHARE) texts.push(t("framesMissed", { share: percent(missed) }));
  if (load.picture_scale !== null && 1 - load.picture_scale >= SHOWN_SHARE) {
    texts.push(t("picturesSmaller", { share: percent(load.picture_scale) }));
  }
  return texts.join("; ");
}

/** Least share that is shown: half a percent would read as 0 %. */
const SHOWN_SHARE = 0.005;

export function factList(facts: readonly [string, Child][]): HTMLElement {
  return h("dl", { class: "fact-list" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
