/** Alarms with several members, and cameras without pictures, above the list of incidents. */

import "./alarm_strip.css";

import { get } from "../api/client";
import type { Alarms, GroupedAlarm } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { fill, h } from "../dom";
import { number } from "../format";
import { label, t } from "../i18n";
import { siteAddress } from "../site_root";
import { causeName } from "../uptime";

/** Places of an alarm that its summary names; the members are listed below it. [assumption: two lines on a phone] */
const MAX_PLACES = 3;

export class AlarmStrip {
  readonly element = h("section", { class: "alarm-strip", "aria-label": t("alarms"), hidden: true });
  private shown = "";

  constructor(private readonly app: AppContext) {}

  /** Loads the alarms. Without an answer the last ones stay: the list beside them reports the failure. */
  async load(): Promise<void> {
    const alarms: Alarms | null = await get("/api/incidents/alarms").catch(() => null);
    if (alarms === null) return;
    const content = JSON.stringify(alarms);
    if (content === this.shown) return;
    this.shown = content;
    const grouped = alarms.incidents.filter(({ members }) => members.length > 1);
    const rows = [...alarms.outages, ...grouped].map((alarm) => this.row(alarm));
    fill(this.element, ...rows);
    this.element.hidden = rows.length === 0;
  }

  private row(alarm: GroupedAlarm): HTMLElement {
    const members = alarm.members.map(({ camera_id, camera_name, incident_id, started_at }) => {
      const path =
        incident_id === null
          ? `camera/${encodeURIComponent(camera_id)}`
          : `kejadian/${encodeURIComponent(incident_id)}`;
      const link = h("a", { href: siteAddress(`/${path}`) }, camera_name);
      return h(
        "li",
        {},
        link,
        " ",
        h("span", { class: "hint" }, this.app.time.clockAndOtherDay(started_at, serverNow())),
      );
    });
    return h("details", { class: "card alarm" }, h("summary", {}, this.summary(alarm)), h("ul", {}, ...members));
  }

  private summary({ type, cause, grouping, sites, members, started_at }: GroupedAlarm): string {
    const values = {
      n: number(members.length),
      time: this.app.time.clockAndOtherDay(started_at, serverNow()),
      sites: placesText(sites),
      type: type === null ? "" : label(type),
      cause: cause === null ? "" : causeName(cause),
    };
    if (grouping === "flood") return t("alarmFlood", values);
    if (grouping === "lasting") return t("alarmLasting", values);
    return t(type === null ? "alarmOutage" : "alarmRepeated", values);
  }
}

function placesText(sites: readonly string[]): string {
  const named = sites.slice(0, MAX_PLACES).join(", ");
  return sites.length > MAX_PLACES ? t("alarmMorePlaces", { places: named, n: sites.length - MAX_PLACES }) : named;
}
