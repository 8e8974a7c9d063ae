/** The page of the own account: its rights, its open sessions, and its password. */

import "./account.css";

import { ApiError, get, send } from "../api/client";
import type { OpenSession } from "../api/schema";
import type { AppContext, Page, User } from "../app_context";
import { failureText } from "../components/notice";
import { oneTimeCodes } from "../components/one_time_codes";
import { h } from "../dom";
import { t } from "../i18n";
import { roleTexts } from "./role_texts";

export async function openAccount(app: AppContext): Promise<Page> {
  const list = h("ul", { class: "session-list" });
  const problem = h("p", { class: "error-message", role: "alert" });

  async function load(): Promise<void> {
    const { sessions } = await get("/api/sessions");
    list.replaceChildren(...sessions.map((session) => sessionItem(app, session, () => void end(session))));
  }

  async function end(session: OpenSession): Promise<void> {
    problem.textContent = "";
    try {
      await send("DELETE", `/api/sessions/${encodeURIComponent(session.id)}`);
      if (session.current) leave(app);
      else await load();
    } catch (error) {
      problem.textContent = failureText(error);
    }
  }

  await load();
  const element = h(
    "div",
    { class: "page account-page" },
    h("h1", {}, t("accountTitle")),
    app.user && h("p", { class: "hint" }, `${t("signedInAs", { name: app.user.name })} ${rights(app.user)}`),
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("sessionsTitle")),
      h("p", { class: "hint" }, t("sessionsHint")),
      list,
    ),
    problem,
    await oneTimeCodes(),
    passwordForm(app),
  );
  return { title: t("accountTitle"), element };
}

/** An open session as an item of a list. end: called when its button is pressed. */
export function sessionItem({ time }: AppContext, session: OpenSession, end: () => void): HTMLElement {
  const program = session.browser || t("otherProgram");
  const network = session.network ? ` · ${session.network}` : "";
  return h(
    "li",
    { class: "session" },
    h(
      "div",
      {},
      h("strong", {}, program + network, session.current ? ` (${t("thisSession")})` : ""),
      h(
        "p",
        { class: "hint" },
        t("sessionTimes", { created: time.dayAndClock(session.created_at), seen: time.dayAndClock(session.seen_at) }),
      ),
    ),
    h(
      "button",
      { type: "button", class: "button secondary", click: end },
      session.current ? t("signOut") : t("endSession"),
    ),
  );
}

function rights(user: User): string {
  return t("yourRoles", { roles: roleTexts(user.roles) });
}

function leave(app: AppContext): void {
  app.signedIn(null);
  app.go("/masuk");
}

function passwordForm(app: AppContext): HTMLElement {
  const present = h("input", { type: "password", autocomplete: "current-password", required: true });
  const next = h("input", { type: "password", autocomplete: "new-password", required: true, minlength: 12 });
  const problem = h("p", { class: "error-message", role: "alert" });
  const button = h("button", { class: "button" }, t("changePassword"));

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await send("PUT", "/api/session/password", { present: present.value, next: next.value });
      leave(app);
    } catch (error) {
      problem.textContent = passwordProblem(error);
    } finally {
      button.disabled = false;
    }
  }

  return h(
    "form",
    { class: "card password-form", submit: (event: Event) => void submit(event) },
    h("h2", {}, t("changePassword")),
    h("p", { class: "hint" }, t("changePasswordHint")),
    h("label", { class: "field" }, t("presentPassword"), present),
    h("label", { class: "field" }, t("nextPassword"), next),
    problem,
    button,
  );
}

function passwordProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return failureText(error);
  if (error.status === 403) return t("wrongPresentPassword");
  if (error.status === 409) return t("configuredAccount");
  return error.status === 422 ? t("unusablePassword") : failureText(error);
}
