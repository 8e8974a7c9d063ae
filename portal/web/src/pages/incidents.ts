/** For police: incidents as they happen, with their evidence. */

import "./incidents.css";

import { type Camera, get, type Incident, Refused } from "../api/client";
import type { App, Page } from "../app_context";
import { fill, h } from "../dom";
import { t, word } from "../i18n";
import { type Filter, inReadingOrder, matches } from "../incident_filter";
import { incidentDetail, incidentPath, incidentRow, placeOf } from "../components/incident_view";
import { failureText, notice } from "../components/notice";
import { sound, soundWanted, wantSound } from "../components/alert_sound";

interface Answer {
  incidents: Incident[];
  next: string | null;
}

const TYPES = ["stopped_vehicle", "wrong_way", "collision", "person_on_road", "congestion"];
const PAGE_SIZE = 50;
const MOST_OPEN = 200;
const ROWS_EVERY_MS = 30_000;

export async function openIncidents(app: App, id: string): Promise<Page> {
  const { cameras } = await get<{ cameras: Camera[] }>("/api/cameras");
  const page = new IncidentsPage(app, cameras);
  await page.load();
  if (id) await page.choose(id);
  return page;
}

class IncidentsPage implements Page {
  readonly title = t("incidentsTitle");
  readonly element: HTMLElement;
  private readonly rows = h("ul", { class: "incident-rows" });
  private readonly more = h("button", { type: "button", class: "button quiet", click: () => void this.loadMore() }, t("more"));
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly news = h("p", { class: "visually-hidden", role: "status" });
  private readonly detail = h("div", { class: "incident-detail" }, notice(t("chooseIncident")));
  private readonly known = new Map<string, Incident>();
  private readonly fresh = new Set<string>();
  private readonly stop: () => void;
  private readonly timer: ReturnType<typeof setInterval>;
  private filter: Filter = { camera: "", type: "", onlyOpen: false };
  private next: string | null = null;
  private chosen: string | null = null;
  private turn = 0;

  constructor(
    private readonly app: App,
    cameras: readonly Camera[],
  ) {
    const list = h("section", { class: "incident-list", "aria-label": t("incidentsTitle") }, this.problem, this.rows, this.more);
    this.element = h(
      "div",
      { class: "page incidents" },
      h("div", { class: "page-head" }, h("h1", {}, t("incidentsTitle")), soundSwitch()),
      this.filters(cameras),
      this.news,
      list,
      this.detail,
    );
    this.rows.addEventListener("click", (event) => this.followRow(event));
    const stops = [app.live.onIncident((incident) => this.receive(incident)), this.reloadAfterBreaks()];
    this.stop = () => stops.forEach((stop) => stop());
    this.timer = setInterval(() => this.render(), ROWS_EVERY_MS);
  }

  close(): void {
    this.turn += 1;
    this.stop();
    clearInterval(this.timer);
  }

  /** Those that last come with the first page, however old they are. Throws where there is nothing to show at all. */
  async load(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    const nothing: Answer = { incidents: [], next: null };
    const [open, over] = await Promise.all([
      this.ask({ open: "true", limit: String(MOST_OPEN) }),
      this.filter.onlyOpen ? nothing : this.ask({ open: "false", limit: String(PAGE_SIZE) }),
    ]);
    if (turn !== this.turn) return;
    this.known.clear();
    this.keep([...open.incidents, ...over.incidents]);
    this.next = over.next;
    this.problem.textContent = "";
    this.render();
  }

  async choose(id: string): Promise<void> {
    this.chosen = id;
    this.fresh.delete(id);
    this.element.classList.add("has-choice");
    this.render();
    const back = h("a", { href: "/kejadian", class: "to-list" }, t("backToList"));
    try {
      const incident = this.known.get(id) ?? (await get<Incident>(`/api/incidents/${encodeURIComponent(id)}`));
      if (this.chosen === id) fill(this.detail, back, incidentDetail(this.app, incident));
    } catch (error) {
      const unknown = error instanceof Refused && error.status === 404;
      if (this.chosen === id) fill(this.detail, back, notice(unknown ? t("incidentNotFound") : failureText(error)));
    }
  }

  private ask(parameters: Record<string, string>): Promise<Answer> {
    const { camera, type } = this.filter;
    return get<Answer>("/api/incidents", { ...parameters, ...(camera && { camera }), ...(type && { type }) });
  }

  private async reload(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.problem.textContent = failureText(error);
    }
  }

  private async loadMore(): Promise<void> {
    if (this.next === null) return;
    const turn = this.turn;
    try {
      const answer = await this.ask({ open: "false", limit: String(PAGE_SIZE), before: this.next });
      if (turn !== this.turn) return;
      this.keep(answer.incidents);
      this.next = answer.next;
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = failureText(error);
    }
    this.render();
  }

  /** What happened while the line was down is not sent again. */
  private reloadAfterBreaks(): () => void {
    const { live } = this.app;
    let before = live.connection;
    return live.onChange(() => {
      const broken = before === "broken" || before === "lost";
      before = live.connection;
      if (broken && before === "live") void this.reload();
    });
  }

  private keep(incidents: readonly Incident[]): void {
    for (const incident of incidents) this.known.set(incident.id, incident);
  }

  private receive(incident: Incident): void {
    const isNew = !this.known.has(incident.id) && incident.end_at === null;
    this.known.set(incident.id, incident);
    if (this.chosen === incident.id) fill(this.detail, this.detail.firstElementChild, incidentDetail(this.app, incident));
    if (isNew && matches(incident, this.filter)) {
      this.fresh.add(incident.id);
      this.news.textContent = t("newIncident", { type: word(incident.type), place: placeOf(incident) });
      if (soundWanted()) sound();
    }
    this.render();
  }

  private render(): void {
    const shown = inReadingOrder(this.known.values()).filter((incident) => matches(incident, this.filter));
    const focused = document.activeElement?.closest<HTMLElement>("[data-incident]")?.dataset.incident;
    const rows = shown.map((incident) =>
      incidentRow(this.app, incident, { chosen: incident.id === this.chosen, fresh: this.fresh.has(incident.id) }),
    );
    fill(this.rows, ...(rows.length ? rows : [h("li", {}, notice(t("incidentsNone")))]));
    if (focused) rows.find((row) => row.dataset.incident === focused)?.querySelector("a")?.focus();
    this.more.hidden = this.next === null;
  }

  /** The list stays as it is while one incident after the other is looked at. */
  private followRow(event: MouseEvent): void {
    const id = (event.target as Element).closest<HTMLElement>("[data-incident]")?.dataset.incident;
    if (!id || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", incidentPath(id));
    window.scrollTo(0, 0);
    void this.choose(id);
  }

  private filters(cameras: readonly Camera[]): HTMLElement {
    const camera = h("select", {}, h("option", { value: "" }, t("allCameras")));
    camera.append(...cameras.map(({ id, name }) => h("option", { value: id }, name)));
    const type = h("select", {}, h("option", { value: "" }, t("allTypes")));
    type.append(...TYPES.map((name) => h("option", { value: name }, word(name))));
    const onlyOpen = h("input", { type: "checkbox" });
    const changed = (): void => {
      this.filter = { camera: camera.value, type: type.value, onlyOpen: onlyOpen.checked };
      void this.reload();
    };
    return h(
      "form",
      { class: "card filters", change: changed, submit: (event: Event) => event.preventDefault() },
      h("label", { class: "field" }, t("type"), type),
      h("label", { class: "field" }, t("camera"), camera),
      h("label", { class: "tick" }, onlyOpen, t("onlyOpen")),
    );
  }
}

function soundSwitch(): HTMLElement {
  const box = h("input", { type: "checkbox", checked: soundWanted(), change: () => wantSound(box.checked) });
  return h("label", { class: "tick hint" }, box, t("sound"));
}
