/** Strip on every page of a simulated city: its true events, to compare with those that Simpang detected. */

import "./narration.css";

import { get } from "../api/client";
import type { NarratedEvent } from "../api/schema";
import type { AppContext } from "../app_context";
import { fill, h } from "../dom";
import { localized, t } from "../i18n";
import { siteAddress } from "../site_root";

/** Number of newest events in the list. [assumption: fits a phone] */
const SHOWN = 8;
/** Part of the city's name in brackets, which a sentence leaves out. */
const IN_BRACKETS = / \(.*/;

export class Narration {
  readonly element = h("details", { class: "narration" });
  private events: NarratedEvent[] = [];

  constructor(private readonly app: AppContext) {
    document.body.classList.add("simulated");
    app.store.onNarration((event) => this.add([event]));
    this.render();
    void this.load();
  }

  render(): void {
    const newest = this.events.at(-1);
    const line = newest ? this.line(newest, false) : [t("narrationNone")];
    const summary = h(
      "summary",
      {},
      h("strong", { class: "narration-tag" }, t("simulation")),
      h("span", { class: "narration-title" }, t("narrationTitle")),
      h("span", { class: "narration-line", role: "status" }, ...line),
    );
    const earlier = [...this.events].reverse().slice(0, SHOWN);
    const list = h("ul", {}, ...earlier.map((event) => h("li", {}, ...this.line(event, true))));
    fill(this.element, summary, h("div", { class: "narration-list" }, h("p", {}, t("narrationHint")), list));
  }

  /** linked: with a link to the camera's page. Not in the summary, where a click opens the list. */
  private line(event: NarratedEvent, linked: boolean): Node[] {
    const name = event.camera_name ?? this.app.city.name.replace(IN_BRACKETS, "");
    const href = linked && event.camera_id ? siteAddress(`/camera/${encodeURIComponent(event.camera_id)}`) : null;
    const place = href ? h("a", { href }, name) : h("strong", {}, name);
    const clock = h("time", { datetime: event.at }, this.app.time.clock(event.at, true));
    return [clock, document.createTextNode(" "), place, document.createTextNode(`: ${localized(event.text)}`)];
  }

  private add(events: readonly NarratedEvent[]): void {
    const known = new Map(
      [...this.events, ...events].map((event) => [`${event.at} ${event.camera_id} ${event.text.id}`, event]),
    );
    this.events = [...known.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-SHOWN);
    this.render();
  }

  /** Loads the latest events. After an error the strip starts with the next event of the stream. */
  private async load(): Promise<void> {
    try {
      this.add((await get("/api/narration")).events);
    } catch {
      this.render();
    }
  }
}
