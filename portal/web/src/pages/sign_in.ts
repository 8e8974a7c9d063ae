/** Sign-in for planners, police and operators. */

import { Refused, signIn } from "../api/client";
import { type App, mayOpen, type Page } from "../app_context";
import { h } from "../dom";
import { t } from "../i18n";
import { failureText } from "../components/notice";

export function openSignIn(app: App): Page {
  const name = h("input", { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { class: "button" }, t("signIn"));

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      app.signedIn(await signIn(name.value.trim(), password.value));
      app.go(destination(app));
    } catch (error) {
      problem.textContent = refusal(error);
      password.value = "";
      password.focus();
    } finally {
      button.disabled = false;
    }
  }

  const form = h(
    "form",
    { class: "card sign-in", submit: (event: Event) => void submit(event) },
    h("h1", {}, t("signInTitle")),
    h("p", { class: "hint" }, t("signInHint")),
    h("label", { class: "field" }, t("userName"), name),
    h("label", { class: "field" }, t("password"), password),
    problem,
    button,
  );
  return { title: t("signInTitle"), element: h("div", { class: "page" }, form), shown: () => name.focus() };
}

function refusal(error: unknown): string {
  if (error instanceof Refused && error.status === 401) return t("wrongPassword");
  if (error instanceof Refused && error.status === 429) return t("tooManyTries");
  return failureText(error);
}

/** Where the visitor wanted to go, if that is on this site; otherwise the first page of the role. */
function destination({ user }: App): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  if (/^\/(?![/\\])/.test(wanted)) return wanted;
  if (mayOpen(user, "planner") && !mayOpen(user, "police")) return "/riwayat";
  if (mayOpen(user, "police") && !mayOpen(user, "planner")) return "/kejadian";
  return "/";
}
