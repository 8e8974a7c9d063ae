/** One plain sentence where there is nothing else to show. */

import { Refused } from "../api/client";
import { h } from "../dom";
import { t } from "../i18n";

export function loading(): HTMLElement {
  return h("p", { class: "notice", role: "status" }, t("loading"));
}

export function notice(sentence: string, ...actions: Node[]): HTMLElement {
  return h("div", { class: "notice" }, h("p", {}, sentence), ...actions);
}

export function failure(error: unknown, retry?: () => void): HTMLElement {
  const element = notice(failureText(error));
  element.setAttribute("role", "alert");
  if (retry) element.append(h("button", { type: "button", class: "button", click: retry }, t("tryAgain")));
  return element;
}

export function failureText(error: unknown): string {
  return error instanceof Refused ? t("serverSays", { detail: error.message }) : t("unreachable");
}
