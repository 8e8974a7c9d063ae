/** The page of admins: accounts, their rights and their open sessions. */

import "./account.css";
import "./people.css";

import { ApiError, get, send } from "../api/client";
import type { Account, Accounts } from "../api/schema";
import type { AppContext, Page, Role } from "../app_context";
import { failureText } from "../components/notice";
import { h } from "../dom";
import { t } from "../i18n";
import { sessionItem } from "./account";
import { ROLES, roleText, roleTexts } from "./role_texts";

/** Roles and scope as they are given in a form. */
interface RightsFields {
  element: HTMLElement;
  value(): { roles: Role[]; owners: string[]; groups: string[] };
}

export async function openPeople(app: AppContext): Promise<Page> {
  const list = h("div", { class: "account-list" });

  async function load(): Promise<void> {
    const found = await get("/api/people");
    list.replaceChildren(
      ...found.accounts.map((account) => accountCard(app, account, found, load)),
      newAccountForm(found, load),
    );
  }

  await load();
  const element = h(
    "div",
    { class: "page people-page" },
    h("h1", {}, t("peopleTitle")),
    h("p", { class: "hint" }, t("peopleHint")),
    list,
  );
  return { title: t("peopleTitle"), element };
}

function accountCard(app: AppContext, account: Account, choices: Accounts, changed: () => Promise<void>): HTMLElement {
  const states = [
    account.configured && t("inConfiguration"),
    account.disabled && t("accountDisabled"),
    t("camerasOfAccount", { n: account.cameras }),
  ];
  const summary = h(
    "summary",
    {},
    h("strong", {}, account.name),
    h(
      "span",
      { class: "hint" },
      [roleTexts(account.roles), ...scopeTexts(account), ...states].filter(Boolean).join(" · "),
    ),
  );
  const sessions = h("ul", { class: "session-list" });
  const card = h(
    "details",
    { class: "card account-card" },
    summary,
    ...(account.configured || account.name === app.user?.name ? [] : [rightsForm(account, choices, changed)]),
    h("h2", {}, t("sessionsTitle")),
    sessions,
  );
  card.addEventListener("toggle", () => {
    if (card.open) void loadSessions(app, account.name, sessions);
  });
  return card;
}

function scopeTexts({ owners, groups }: Account): string[] {
  return [
    ...(owners.length > 0 ? [`${t("owner")}: ${owners.join(", ")}`] : []),
    ...(groups.length > 0 ? [`${t("cameraGroup")}: ${groups.join(", ")}`] : []),
  ];
}

async function loadSessions(app: AppContext, name: string, list: HTMLElement): Promise<void> {
  try {
    const { sessions } = await get("/api/people/{name}/sessions", { path: { name } });
    const end = async (id: string): Promise<void> => {
      await send("DELETE", `${addressOf(name)}/sessions/${encodeURIComponent(id)}`).catch(() => undefined);
      await loadSessions(app, name, list);
    };
    const items = sessions.map((session) => sessionItem(app, session, () => void end(session.id)));
    list.replaceChildren(...(items.length > 0 ? items : [h("li", { class: "hint" }, t("noSessions"))]));
  } catch (error) {
    list.replaceChildren(h("li", { class: "error-message", role: "alert" }, failureText(error)));
  }
}

function rightsForm(account: Account, choices: Accounts, changed: () => Promise<void>): HTMLElement {
  const fields = rightsFields(account, choices);
  const disabled = h("input", { type: "checkbox", checked: account.disabled });
  const password = h("input", { type: "password", autocomplete: "new-password", minlength: 12 });
  const save = async (): Promise<void> => {
    if (password.value) await send("PUT", `${addressOf(account.name)}/password`, { password: password.value });
    await send("PUT", addressOf(account.name), { ...fields.value(), disabled: disabled.checked });
  };
  return form(
    save,
    changed,
    t("save"),
    fields.element,
    h("label", { class: "field" }, t("newPasswordOptional"), password),
    h("label", { class: "checkbox" }, disabled, t("accountDisabled")),
  );
}

function newAccountForm(choices: Accounts, changed: () => Promise<void>): HTMLElement {
  const name = h("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { type: "password", autocomplete: "new-password", required: true, minlength: 12 });
  const fields = rightsFields({ roles: [], owners: [], groups: [] }, choices);
  const add = (): Promise<unknown> =>
    send("POST", "/api/people", { name: name.value.trim(), password: password.value, ...fields.value() });
  const content = form(
    add,
    changed,
    t("addAccount"),
    h("label", { class: "field" }, t("userName"), name),
    h("label", { class: "field" }, t("firstPassword"), password),
    fields.element,
  );
  return h("section", { class: "card" }, h("h2", {}, t("addAccount")), content);
}

/** A form that calls `act` and then `changed`, and states what is wrong. */
function form(
  act: () => Promise<unknown>,
  changed: () => Promise<void>,
  action: string,
  ...fields: HTMLElement[]
): HTMLElement {
  const problem = h("p", { class: "error-message", role: "alert" });
  const button = h("button", { class: "button" }, action);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      await act();
      await changed();
    } catch (error) {
      problem.textContent =
        error instanceof ApiError && error.status === 422 ? t("unusableAccount") : failureText(error);
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "account-form", submit: (event: Event) => void submit(event) }, ...fields, problem, button);
}

function rightsFields(present: Pick<Account, "roles" | "owners" | "groups">, choices: Accounts): RightsFields {
  const roles = choiceBoxes(t("roles"), ROLES, present.roles, roleText);
  const owners = choiceBoxes(t("onlyOwners"), joined(choices.owners, present.owners), present.owners);
  const groups = choiceBoxes(t("onlyGroups"), joined(choices.groups, present.groups), present.groups);
  return {
    element: h("div", { class: "rights-fields" }, roles.element, owners.element, groups.element),
    value: () => ({ roles: roles.value(), owners: owners.value(), groups: groups.value() }),
  };
}

function choiceBoxes<T extends string>(
  title: string,
  choices: readonly T[],
  chosen: readonly T[],
  text: (choice: T) => string = (choice) => choice,
): { element: HTMLElement; value(): T[] } {
  const boxes = choices.map((choice) => h("input", { type: "checkbox", checked: chosen.includes(choice) }));
  const labels = choices.map((choice, number) => h("label", { class: "checkbox" }, boxes[number], text(choice)));
  return {
    element: h("fieldset", { hidden: choices.length === 0 }, h("legend", {}, title), ...labels),
    value: () => choices.filter((_, number) => boxes[number]?.checked),
  };
}

function joined(all: readonly string[], present: readonly string[]): string[] {
  return [...new Set([...all, ...present])];
}

function addressOf(name: string): string {
  return `/api/people/${encodeURIComponent(name)}`;
}
