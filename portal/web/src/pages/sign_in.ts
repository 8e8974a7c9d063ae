/** The sign-in page, for planners, police and operators. */

import "./sign_in.css";

import { ApiError, SessionNotKept, signIn } from "../api/client";
import { type AppContext, mayOpen, type Page } from "../app_context";
import { failureText, notice } from "../components/notice";
import { h } from "../dom";
import { t } from "../i18n";

export function openSignIn(app: AppContext): Page {
  const secure = secureAddress(app);
  if (secure && location.protocol === "http:") {
    const element = notice(t("signInNeedsHttps"), h("a", { href: secure, class: "secure-address" }, secure));
    return { title: t("signInTitle"), element };
  }
  const name = h("input", {
    name: "name",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
  });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const code = h("input", { name: "code", inputmode: "text", autocomplete: "one-time-code", maxlength: 40 });
  const codeField = h("label", { class: "field", hidden: true }, t("oneTimeCode"), code);
  const problem = h("p", { class: "error-message", role: "alert" });
  const button = h("button", { class: "button" }, t("signIn"));
  let needsCode = false;

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = "";
    try {
      app.signedIn(await signIn({ name: name.value.trim(), password: password.value, code: code.value }));
      app.go(destination(app));
    } catch (error) {
      if (error instanceof ApiError && error.status === 428) {
        needsCode = true;
        codeField.hidden = false;
        code.focus();
        return;
      }
      problem.replaceChildren(...errorContent(error, secure, needsCode));
      const again = needsCode ? code : password;
      again.value = "";
      again.focus();
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
    codeField,
    problem,
    button,
  );
  return { title: t("signInTitle"), element: h("div", { class: "page" }, form), shown: () => name.focus() };
}

function errorContent(error: unknown, secure: string | null, needsCode: boolean): (Node | string)[] {
  if (error instanceof SessionNotKept) return [t("sessionNotKept")];
  if (!(error instanceof ApiError)) return [failureText(error)];
  if (error.status === 401) return [t(needsCode ? "wrongCode" : "wrongPassword")];
  if (error.status === 429) return [t("tooManyTries")];
  if (error.status === 403 && secure) return [t("signInNeedsHttps"), " ", h("a", { href: secure }, secure)];
  return [failureText(error)];
}

/** The sign-in page at the public address, if that is HTTPS: without it browsers drop the session. */
function secureAddress({ city }: AppContext): string | null {
  return city.public_url?.startsWith("https:") ? `${city.public_url}/masuk${location.search}` : null;
}

/** The address in `next` if it is on this site, else the first page of the role. */
function destination({ user }: AppContext): string {
  const next = ownAddress(new URLSearchParams(location.search).get("next") ?? "");
  if (next !== null) return next;
  if (mayOpen(user, "planner") && !mayOpen(user, "police")) return "/riwayat";
  if (mayOpen(user, "police") && !mayOpen(user, "planner")) return "/kejadian";
  return "/";
}

/** Path and query of an address below the root; null for any other. A browser reads `/\\` and a tab as a slash or nothing. */
function ownAddress(address: string): string | null {
  if (!address.startsWith("/")) return null;
  const { origin, pathname, search } = new URL(address, location.origin);
  return origin === location.origin && !pathname.startsWith("//") ? pathname + search : null;
}
