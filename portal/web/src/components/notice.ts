/** Notices in place of content: loading, empty, or an error with a retry button. */

import { ApiError } from "../api/client";
import { h } from "../dom";
import { language, type TextKey, t } from "../i18n";

/** Texts of HTTP statuses. The server's own sentence is English, and is added on English pages only. */
const STATUS_TEXTS: Readonly<Record<number, TextKey>> = {
  401: "errorSignedOut",
  403: "needsRole",
  404: "errorNotFound",
  422: "errorRefused",
  429: "tooManyTries",
  503: "errorDatabase",
};

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
  if (!(error instanceof ApiError)) return t("unreachable");
  const text = t(STATUS_TEXTS[error.status] ?? "errorServer", { status: error.status });
  return language() === "en" ? `${text} ${error.message}` : text;
}
