/** Log of an incident: detection, alerts and steps, each with its time. */

import "./incident_log.css";

import { get } from "../api/client";
import type { Incident, IncidentLog } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { fill, h } from "../dom";
import { loggedText } from "../handling_texts";
import { t } from "../i18n";
import { failureText } from "./notice";

interface Line {
  at: string;
  text: string;
  note: string;
}

export class IncidentLogView {
  readonly element: HTMLElement;
  private readonly lines = h("ol", { class: "incident-log" });
  /** Incident and number of steps of the log that is shown or requested. */
  private shown = "";

  constructor(private readonly app: AppContext) {
    this.element = h("section", {}, h("h3", {}, t("handlingLog")), this.lines);
  }

  /** Loads the log where steps were added. */
  async update({ id, handling, end_at }: Incident): Promise<void> {
    const wanted = JSON.stringify([id, handling.steps, end_at]);
    if (wanted === this.shown) return;
    this.shown = wanted;
    try {
      const log = await get("/api/incidents/{incident_id}/steps", { path: { incident_id: id } });
      if (wanted === this.shown) fill(this.lines, ...linesOf(log).map((line) => this.row(line)));
    } catch (error) {
      if (wanted !== this.shown) return;
      this.shown = "";
      fill(this.lines, h("li", {}, failureText(error)));
    }
  }

  private row({ at, text, note }: Line): HTMLElement {
    const time = h("time", { datetime: at, class: "hint" }, this.app.time.clockAndOtherDay(at, serverNow(), true));
    return h("li", {}, time, h("span", {}, text), note ? h("q", {}, note) : null);
  }
}

function linesOf({ seen_at, alerted_at, escalated_at, steps }: IncidentLog): Line[] {
  const lines: Line[] = [{ at: seen_at, text: t("logSeen"), note: "" }];
  if (alerted_at !== null) lines.push({ at: alerted_at, text: t("logAlerted"), note: "" });
  if (escalated_at !== null) lines.push({ at: escalated_at, text: t("logEscalated"), note: "" });
  const taken = steps.map((step) => ({
    at: step.at,
    text: `${loggedText(step)} ${t("logBy", { name: step.by })}`,
    note: step.note,
  }));
  return [...lines, ...taken].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
