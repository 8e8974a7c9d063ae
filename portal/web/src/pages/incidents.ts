/** The incidents page, for police: incidents as they happen, with their evidence. */

import "./incidents.css";

import { ApiError, get } from "../api/client";
import { type CameraState, type Incident, type Incidents, incidentTypeValues } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext, Page } from "../app_context";
import { AlarmStrip } from "../components/alarm_strip";
import { alertSoundEnabled, enableAlertSound, playAlertSound } from "../components/alert_sound";
import { IncidentDetail } from "../components/incident_detail";
import { incidentRow, placeOf } from "../components/incident_view";
import { failureText, notice } from "../components/notice";
import { fill, h } from "../dom";
import { label, t } from "../i18n";
import { type IncidentFilter, inDisplayOrder, matches } from "../incident_filter";
import { siteAddress } from "../site_root";

/** Incidents of a request that need no handling. [assumption: fills a screen several times] */
const PAGE_SIZE = 50;
/** Incidents to be handled of a request: the most that the API allows. [source: /api/incidents] */
const MAX_PENDING = 200;
/** Age (ms) up to which an incident that the stream brings is announced. An older one is a change that the stream
 * repeats, or comes late after an outage. [assumption]
 */
const NEWS_FOR_MS = 10 * 60_000;
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
  private filter: IncidentFilter = { camera: "", type: "", onlyPending: false };
  private next: string | null = null;
  private chosen: string | null = null;
  private view: IncidentDetail | null = null;
  private readonly alarms: AlarmStrip;
  /** Number of the latest request of the list. The answer to an earlier request is dropped. */
  private requestId = 0;

  constructor(
    private readonly app: AppContext,
    cameras: readonly CameraState[],
  ) {
    this.alarms = new AlarmStrip(app);
    this.element = h(
      "div",
      { class: "page incidents-page" },
      h("div", { class: "page-head" }, h("h1", {}, t("incidentsTitle")), qualityLink(), soundSwitch()),
      this.filterForm(cameras),
      this.announcement,
      this.alarms.element,
      h("section", { class: "incident-list", "aria-label": t("incidentsTitle") }, this.problem, this.rows, this.more),
      this.detail,
    );
    const incidents = app.store.onIncident((incident) => this.receive(incident));
    const reconnections = this.reloadAfterReconnecting();
    this.unsubscribe = () => {
      incidents();
      reconnections();
    };
    this.timer = setInterval(() => {
      this.render();
      void this.alarms.load();
    }, RENDER_INTERVAL_MS);
  }

  close(): void {
    this.requestId += 1;
    this.chosen = null;
    this.view?.close();
    this.unsubscribe();
    clearInterval(this.timer);
  }

  showParameter(id: string): void {
    if (id) void this.choose(id);
    else this.closeDetail();
  }

  /** Loads all incidents to be handled, and the first page of the others. Throws if the server refuses. */
  async load(): Promise<void> {
    this.requestId += 1;
    const requestId = this.requestId;
    void this.alarms.load();
    const nothing: Incidents = { incidents: [], next: null };
    const before = new Map(this.known);
    const [pending, others] = await Promise.all([
      this.fetchPending(requestId),
      this.filter.onlyPending ? nothing : this.fetch({ pending: false, limit: PAGE_SIZE }),
    ]);
    if (requestId !== this.requestId) return;
    const received = [...this.known.values()].filter((incident) => before.get(incident.id) !== incident);
    this.known.clear();
    this.add([...pending, ...others.incidents]);
    this.add(received.map((incident) => this.merged(incident))); // from the stream, meanwhile
    this.next = others.next;
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
    if (known) this.show(back, known);
    try {
      // The list and the stream may be older than the package of evidence, which is made later.
      const incident = await get("/api/incidents/{incident_id}", { path: { incident_id: id } });
      if (this.chosen !== id) return;
      if (this.known.has(id)) this.receive(incident);
      if (!known) this.show(back, incident);
    } catch (error) {
      if (known || this.chosen !== id) return;
      const unknown = error instanceof ApiError && error.status === 404;
      this.view?.close();
      this.view = null;
      fill(this.detail, back, notice(unknown ? t("incidentNotFound") : failureText(error)));
    }
  }

  private show(back: HTMLElement, incident: Incident): void {
    this.view?.close();
    const changed = (after: Incident): void => this.receive(after);
    this.view = new IncidentDetail(this.app, incident, () => this.pending(), changed);
    fill(this.detail, back, this.view.element);
  }

  private closeDetail(): void {
    this.chosen = null;
    this.view?.close();
    this.view = null;
    this.element.classList.remove("has-choice");
    fill(this.detail, notice(t("chooseIncident")));
    this.render();
  }

  /** Incidents to be handled, in the order of the list. */
  private pending(): Incident[] {
    return inDisplayOrder([...this.known.values()].filter(({ handling }) => handling.pending));
  }

  private fetch(query: { pending: boolean; limit: number; before?: string }): Promise<Incidents> {
    const { camera, type } = this.filter;
    return get("/api/incidents", { query: { ...query, camera: camera || null, type: type || null } });
  }

  /** All incidents to be handled, page by page, until a later request of the list. */
  private async fetchPending(requestId: number): Promise<Incident[]> {
    const query = { pending: true, limit: MAX_PENDING };
    let page = await this.fetch(query);
    const found = [...page.incidents];
    while (page.next !== null && requestId === this.requestId) {
      page = await this.fetch({ ...query, before: page.next });
      found.push(...page.incidents);
    }
    return found;
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
      const page = await this.fetch({ pending: false, limit: PAGE_SIZE, before: this.next });
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
      this.view?.refresh();
      if (interrupted && previous === "live") void this.reload();
    });
  }

  private add(incidents: readonly Incident[]): void {
    for (const incident of incidents) this.known.set(incident.id, incident);
  }

  /** A received incident, with what is known better. */
  private merged(received: Incident): Incident {
    const known = this.known.get(received.id);
    // The answer to a step may overtake an older message of the stream.
    const isOlder = known !== undefined && known.handling.steps > received.handling.steps;
    return {
      ...received,
      handling: isOlder ? known.handling : { ...received.handling, merged_into: remaining(received, known) },
      evidence_sheet: received.evidence_sheet ?? known?.evidence_sheet ?? null, // the stream has none
    };
  }

  private receive(received: Incident): void {
    const isNew = !this.known.has(received.id) && isNews(received);
    const incident = this.merged(received);
    this.known.set(incident.id, incident);
    if (this.chosen === incident.id) this.view?.update(incident);
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
    const onlyPending = h("input", { type: "checkbox" });
    const changed = (): void => {
      this.filter = {
        camera: camera.value,
        type: incidentTypeValues.find((name) => name === type.value) ?? "",
        onlyPending: onlyPending.checked,
      };
      void this.reload();
    };
    return h(
      "form",
      { class: "card incident-filters", change: changed, submit: (event: Event) => event.preventDefault() },
      h("label", { class: "field" }, t("type"), type),
      h("label", { class: "field" }, t("camera"), camera),
      h("label", { class: "checkbox" }, onlyPending, t("onlyPending")),
    );
  }
}

/** Whether an incident is one that has just begun, and not a change of an older one. */
function isNews({ detected_at, end_at, handling }: Incident): boolean {
  const age = serverNow() - Date.parse(detected_at);
  return handling.pending && handling.steps === 0 && end_at === null && age < NEWS_FOR_MS;
}

/** The incident into which one was merged. The stream does not name it. */
function remaining({ handling }: Incident, known: Incident | undefined): string | null {
  if (handling.merged_into !== null || known?.handling.steps !== handling.steps) return handling.merged_into;
  return known.handling.merged_into;
}

function qualityLink(): HTMLElement {
  return h("a", { href: siteAddress("/kejadian/mutu") }, t("qualityTitle"));
}

function soundSwitch(): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    checked: alertSoundEnabled(),
    change: () => enableAlertSound(box.checked),
  });
  return h("label", { class: "checkbox hint" }, box, t("alertSound"));
}
