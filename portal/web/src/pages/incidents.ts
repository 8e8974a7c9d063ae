/** The incidents page, for police: incidents as they happen, with their evidence. */

import "./incidents.css";

import { ApiError, get } from "../api/client";
import { type CameraState, type Incident, type Incidents, incidentTypeValues } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { alertSoundEnabled, enableAlertSound, playAlertSound } from "../components/alert_sound";
import { incidentDetail, incidentRow, placeOf } from "../components/incident_view";
import { failureText, notice } from "../components/notice";
import { fill, h } from "../dom";
import { label, t } from "../i18n";
import { type IncidentFilter, inDisplayOrder, matches } from "../incident_filter";
import { siteAddress } from "../site_root";

/** Ended incidents of a request. [assumption: fills a screen several times] */
const PAGE_SIZE = 50;
/** Open incidents of a request: the most that the API allows. [source: /api/incidents] */
const MAX_OPEN = 200;
/** Time between two updates of the ages in the rows (ms). [assumption] */
const RENDER_INTERVAL_MS = 30_000;

export async function openIncidents(app: AppContext, id: string): Promise<Page> {
  const { cameras } = await get("/api/cameras");
  const page = new IncidentsPage(app, cameras);
  await page.load();
  if (id) await page.choose(id);
  return page;
}

class IncidentsPage implements Page {
  readonly title = t("incidentsTitle");
  readonly element: HTMLElement;
  private readonly rows = h("ul", { class: "incident-rows" });
  private readonly more = h(
    "button",
    { type: "button", class: "button secondary", click: () => void this.loadMore() },
    t("more"),
  );
  private readonly problem = h("p", { class: "error-message", role: "alert" });
  private readonly announcement = h("p", { class: "visually-hidden", role: "status" });
  private readonly detail = h("div", { class: "incident-detail" }, notice(t("chooseIncident")));
  private readonly known = new Map<string, Incident>();
  /** Incidents that arrived while the page was open and were not chosen yet. */
  private readonly unread = new Set<string>();
  private readonly unsubscribe: () => void;
  private readonly timer: ReturnType<typeof setInterval>;
  private filter: IncidentFilter = { camera: "", type: "", onlyOpen: false };
  private next: string | null = null;
  private chosen: string | null = null;
  /** Number of the latest request of the list. The answer to an earlier request is dropped. */
  private requestId = 0;

  constructor(
    private readonly app: AppContext,
    cameras: readonly CameraState[],
  ) {
    this.element = h(
      "div",
      { class: "page incidents-page" },
      h("div", { class: "page-head" }, h("h1", {}, t("incidentsTitle")), soundSwitch()),
      this.filterForm(cameras),
      this.announcement,
      h("section", { class: "incident-list", "aria-label": t("incidentsTitle") }, this.problem, this.rows, this.more),
      this.detail,
    );
    const incidents = app.store.onIncident((incident) => this.receive(incident));
    const reconnections = this.reloadAfterReconnecting();
    this.unsubscribe = () => {
      incidents();
      reconnections();
    };
    this.timer = setInterval(() => this.render(), RENDER_INTERVAL_MS);
  }

  close(): void {
    this.requestId += 1;
    this.chosen = null;
    this.unsubscribe();
    clearInterval(this.timer);
  }

  showParameter(id: string): void {
    if (id) void this.choose(id);
    else this.closeDetail();
  }

  /** Loads all open incidents, however old, and the first page of ended ones. Throws if the server refuses. */
  async load(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    const nothing: Incidents = { incidents: [], next: null };
    const [open, ended] = await Promise.all([
      this.fetch({ open: true, limit: MAX_OPEN }),
      this.filter.onlyOpen ? nothing : this.fetch({ open: false, limit: PAGE_SIZE }),
    ]);
    if (requestId !== this.requestId) return;
    this.known.clear();
    this.add([...open.incidents, ...ended.incidents]);
    this.next = ended.next;
    this.problem.textContent = "";
    this.render();
  }

  /** Shows one incident beside the list, which stays as it is. */
  async choose(id: string): Promise<void> {
    this.chosen = id;
    this.unread.delete(id);
    this.element.classList.add("has-choice");
    this.render();
    const back = h("a", { href: siteAddress("/kejadian"), class: "back-to-list" }, t("backToList"));
    const known = this.known.get(id);
    if (known) fill(this.detail, back, incidentDetail(this.app, known));
    try {
      // The list and the stream may be older than the package of evidence, which is made later.
      const incident = await get("/api/incidents/{incident_id}", { path: { incident_id: id } });
      if (this.known.has(id)) this.known.set(id, incident);
      if (this.chosen === id) fill(this.detail, back, incidentDetail(this.app, incident));
    } catch (error) {
      if (known) return;
      const unknown = error instanceof ApiError && error.status === 404;
      if (this.chosen === id) fill(this.detail, back, notice(unknown ? t("incidentNotFound") : failureText(error)));
    }
  }

  private closeDetail(): void {
    this.chosen = null;
    this.element.classList.remove("has-choice");
    fill(this.detail, notice(t("chooseIncident")));
    this.render();
  }

  private fetch(query: { open: boolean; limit: number; before?: string }): Promise<Incidents> {
    const { camera, type } = this.filter;
    return get("/api/incidents", { query: { ...query, camera: camera || null, type: type || null } });
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
    const requestId = this.requestId;
    try {
      const page = await this.fetch({ open: false, limit: PAGE_SIZE, before: this.next });
      if (requestId !== this.requestId) return;
      this.add(page.incidents);
      this.next = page.next;
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = failureText(error);
    }
    this.render();
  }

  /** Reloads the list after an interruption, because the stream does not repeat the incidents of that time. */
  private reloadAfterReconnecting(): () => void {
    const { store } = this.app;
    let previous = store.connection;
    return store.onChange(() => {
      const interrupted = previous === "broken" || previous === "lost";
      previous = store.connection;
      if (interrupted && previous === "live") void this.reload();
    });
  }

  private add(incidents: readonly Incident[]): void {
    for (const incident of incidents) this.known.set(incident.id, incident);
  }

  private receive(received: Incident): void {
    const before = this.known.get(received.id);
    const incident = { ...received, evidence_sheet: received.evidence_sheet ?? before?.evidence_sheet ?? null };
    const isNew = before === undefined && incident.end_at === null;
    this.known.set(incident.id, incident);
    if (this.chosen === incident.id) void this.choose(incident.id);
    if (isNew && matches(incident, this.filter)) {
      this.unread.add(incident.id);
      this.announcement.textContent = t("newIncident", { type: label(incident.type), place: placeOf(incident) });
      if (alertSoundEnabled()) playAlertSound();
    }
    this.render();
  }

  private render(): void {
    const shown = inDisplayOrder(this.known.values()).filter((incident) => matches(incident, this.filter));
    const focused = document.activeElement?.closest<HTMLElement>("[data-incident]")?.dataset.incident;
    const rows = shown.map((incident) =>
      incidentRow(this.app, incident, { chosen: incident.id === this.chosen, unread: this.unread.has(incident.id) }),
    );
    fill(this.rows, ...(rows.length ? rows : [h("li", {}, notice(t("incidentsNone")))]));
    if (focused) {
      const row = rows.find(({ dataset }) => dataset.incident === focused);
      row?.querySelector("a")?.focus();
    }
    this.more.hidden = this.next === null;
  }

  private filterForm(cameras: readonly CameraState[]): HTMLElement {
    const camera = h("select", {}, h("option", { value: "" }, t("allCameras")));
    camera.append(...cameras.map(({ id, name }) => h("option", { value: id }, name)));
    const type = h("select", {}, h("option", { value: "" }, t("allTypes")));
    type.append(...incidentTypeValues.map((name) => h("option", { value: name }, label(name))));
    const onlyOpen = h("input", { type: "checkbox" });
    const changed = (): void => {
      this.filter = {
        camera: camera.value,
        type: incidentTypeValues.find((name) => name === type.value) ?? "",
        onlyOpen: onlyOpen.checked,
      };
      void this.reload();
    };
    return h(
      "form",
      { class: "card incident-filters", change: changed, submit: (event: Event) => event.preventDefault() },
      h("label", { class: "field" }, t("type"), type),
      h("label", { class: "field" }, t("camera"), camera),
      h("label", { class: "checkbox" }, onlyOpen, t("onlyOpen")),
    );
  }
}

function soundSwitch(): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    checked: alertSoundEnabled(),
    change: () => enableAlertSound(box.checked),
  });
  return h("label", { class: "checkbox hint" }, box, t("alertSound"));
}
