/** Handling of an incident: its state, and a button for each step that is possible now. */

import "./incident_handling.css";

import { ApiError, get, takeStep } from "../api/client";
import type { Incident, Step, StepRequest } from "../api/schema";
import { serverNow } from "../api/server_clock";
import type { AppContext } from "../app_context";
import { fill, h } from "../dom";
import { handlingText, STEP_BUTTONS } from "../handling_texts";
import { label, type TextKey, t } from "../i18n";
import { siteAddress } from "../site_root";
import { placeOf } from "./incident_view";
import { failureText } from "./notice";

/** Steps that need a text, each with the name of its field. */
const FIELDS: Partial<Record<Step, TextKey>> = {
  assigned: "stepAssignee",
  rejected: "stepReason",
  noted: "stepText",
  merged: "stepRemaining",
};
/** Why a step was not added, by the status of the answer. */
const REASONS: Readonly<Record<number, TextKey>> = { 409: "stepConflict", 422: "stepRefused" };
/** Longest text of a note and of an assignee. [source: StepRequest of the API] */
const MAX_LENGTH = { note: 1000, assignee: 100 };
/** Bytes of a request's id, as of a UUID. [source: RFC 9562] */
const ID_BYTES = 16;

type Field = HTMLInputElement | HTMLSelectElement;
/** What an operator enters for a step. */
type Content = Pick<StepRequest, "step" | "note" | "assignee" | "merged_into">;

export class IncidentHandlingPanel {
  readonly element: HTMLElement;
  private readonly state = h("p", { class: "handling-state", role: "status" });
  private readonly buttons = h("div", { class: "handling-buttons" });
  private readonly form = h("form", { class: "handling-form", hidden: true });
  private readonly problem = h("p", { class: "error-message", role: "alert" });
  /** Step of the open form. */
  private entering: Step | null = null;
  /** Request without an answer: it may have arrived, so it is repeated with its id. */
  private unanswered: StepRequest | null = null;
  private busy = false;

  /** others: incidents into which this one may be merged. changed: is called with the incident after a step. */
  constructor(
    private incident: Incident,
    private readonly app: Pick<AppContext, "user" | "time">,
    private readonly others: () => readonly Incident[],
    private readonly changed: (incident: Incident) => void,
  ) {
    this.element = h(
      "section",
      { class: "incident-handling", "aria-label": t("handling") },
      this.state,
      this.buttons,
      this.form,
      this.problem,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submitForm();
    });
    this.render();
  }

  /** Shows the incident as it is now. An open form stays while its step is possible. */
  update(incident: Incident): void {
    const isSame = JSON.stringify(incident.handling) === JSON.stringify(this.incident.handling);
    this.incident = incident;
    if (!isSame) this.render();
  }

  private render(): void {
    const { handling } = this.incident;
    const steps = (Object.keys(STEP_BUTTONS) as Step[]).filter((step) => handling.next.includes(step));
    const into = handling.merged_into;
    const link = into === null ? null : h("a", { href: incidentAddress(into) }, t("mergedInto"));
    fill(this.state, handlingText(handling), link ? " · " : null, link);
    const focused = this.buttons.contains(document.activeElement);
    fill(this.buttons, ...steps.map((step, index) => this.button(step, index === 0 && FIELDS[step] === undefined)));
    if (focused) this.buttons.querySelector("button")?.focus();
    if (this.entering !== null && !steps.includes(this.entering)) {
      this.closeForm();
      // The stream may bring the own step before its answer.
      if (!this.busy) this.problem.textContent = t("stepConflict");
    }
    this.setBusy(this.busy);
  }

  private button(step: Step, isUsual: boolean): HTMLElement {
    const click = (): void => (FIELDS[step] === undefined ? void this.take({ ...NOTHING, step }) : this.openForm(step));
    const style = isUsual ? "button" : "button secondary";
    return h("button", { type: "button", class: style, "data-step": step, click }, t(STEP_BUTTONS[step]));
  }

  private openForm(step: Step): void {
    const name = FIELDS[step];
    if (name === undefined) return;
    this.entering = step;
    this.problem.textContent = "";
    const field = this.fieldOf(step);
    if (field === null) {
      this.closeForm();
      this.problem.textContent = t("stepMergeNone");
      return;
    }
    const cancel = h(
      "button",
      { type: "button", class: "button secondary", click: () => this.cancel() },
      t("stepCancel"),
    );
    fill(
      this.form,
      h("label", { class: "field" }, t(name), field),
      h("button", { type: "submit", class: "button" }, t("stepSave")),
      cancel,
    );
    this.form.hidden = false;
    field.focus();
  }

  /** The field of a step; null where there is nothing to choose from. */
  private fieldOf(step: Step): Field | null {
    if (step === "assigned") {
      return h("input", {
        name: "text",
        required: true,
        maxlength: MAX_LENGTH.assignee,
        value: this.app.user?.name ?? "",
      });
    }
    if (step !== "merged") return h("input", { name: "text", required: true, maxlength: MAX_LENGTH.note });
    const others = this.others().filter(({ id }) => id !== this.incident.id);
    if (others.length === 0) return null;
    const isNear = (other: Incident): boolean => siteOf(other) === siteOf(this.incident);
    others.sort((a, b) => Number(isNear(b)) - Number(isNear(a)));
    const options = others.map((other) => h("option", { value: other.id }, this.optionOf(other)));
    return h("select", { name: "text" }, ...options);
  }

  private optionOf(other: Incident): string {
    const time = this.app.time.clockAndOtherDay(other.detected_at, serverNow(), true);
    return `${label(other.type)}, ${placeOf(other)}, ${time}`;
  }

  private cancel(): void {
    const step = this.entering;
    this.closeForm();
    this.buttons.querySelector<HTMLElement>(`[data-step="${step}"]`)?.focus();
  }

  private closeForm(): void {
    this.entering = null;
    this.form.hidden = true;
    fill(this.form);
  }

  private submitForm(): void {
    const text = this.form.querySelector<Field>("[name=text]")?.value.trim() ?? "";
    const step = this.entering;
    if (step === null || text === "") return;
    void this.take({
      step,
      note: step === "rejected" || step === "noted" ? text : "",
      assignee: step === "assigned" ? text : null,
      merged_into: step === "merged" ? text : null,
    });
  }

  private async take(content: Content): Promise<void> {
    if (this.busy) return;
    this.setBusy(true);
    this.problem.textContent = "";
    const { id, handling } = this.incident;
    const again = this.unanswered !== null && isSame(this.unanswered, content) ? this.unanswered : null;
    const request = again ?? { ...content, known_steps: handling.steps, request_id: randomId() };
    try {
      this.unanswered = request;
      const incident = await takeStep(id, request);
      this.unanswered = null;
      this.closeForm();
      this.show(incident);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) this.unanswered = null;
      await this.explain(error);
    } finally {
      this.setBusy(false);
    }
  }

  /** Shows why a step failed; after a conflict or a refusal, with the present state. */
  private async explain(error: unknown): Promise<void> {
    const reason = error instanceof ApiError ? REASONS[error.status] : undefined;
    if (reason === undefined) {
      this.problem.textContent = failureText(error);
      return;
    }
    this.problem.textContent = t(reason);
    const path = { incident_id: this.incident.id };
    const incident = await get("/api/incidents/{incident_id}", { path }).catch(() => null);
    if (incident !== null) this.show(incident);
  }

  private show(incident: Incident): void {
    this.update(incident);
    this.changed(incident);
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    for (const button of this.element.querySelectorAll("button")) {
      // Not `disabled`, which would lose the focus of the keyboard.
      button.setAttribute("aria-disabled", String(busy));
    }
  }
}

const NOTHING: Omit<Content, "step"> = { note: "", assignee: null, merged_into: null };

function isSame(request: StepRequest, content: Content): boolean {
  const names = ["step", "note", "assignee", "merged_into"] as const;
  return names.every((name) => request[name] === content[name]);
}

/** The site of an incident; its camera where that has none. */
function siteOf({ site_name, camera_id }: Incident): string {
  return site_name === null ? `camera ${camera_id}` : `site ${site_name}`;
}

function incidentAddress(id: string): string {
  return siteAddress(`/kejadian/${encodeURIComponent(id)}`);
}

/** A random id, also on plain HTTP, where `crypto.randomUUID` is missing. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
