/** Setting up and removing the one-time codes of the own account. */

import { ApiError, exchange, get, send } from "../api/client";
import type { NewSecret, RecoveryCodes } from "../api/schema";
import { h } from "../dom";
import { t } from "../i18n";
import { failureText } from "./notice";

/** A card with the state of the one-time codes, and the steps that change it. */
export async function oneTimeCodes(): Promise<HTMLElement> {
  const card = h("section", { class: "card password-form" });

  async function start(): Promise<void> {
    const { active } = await get("/api/session/codes");
    if (active) show(t("codesActive"), removalStep());
    else show(t("codesHint"), passwordStep(t("setUpCodes"), begin));
  }

  function show(hint: string, ...content: HTMLElement[]): void {
    card.replaceChildren(h("h2", {}, t("codesTitle")), h("p", { class: "hint" }, hint), ...content);
  }

  function removalStep(): HTMLElement {
    const code = h("input", { autocomplete: "one-time-code", maxlength: 40, required: true });
    const remove = async (password: string): Promise<void> => {
      await send("POST", "/api/session/codes/removal", { password, code: code.value });
      await start();
    };
    return passwordStep(t("removeCodes"), remove, h("label", { class: "field" }, t("oneTimeCode"), code));
  }

  async function begin(password: string): Promise<void> {
    const { secret, address } = await exchange<NewSecret>("POST", "/api/session/codes/secret", { password });
    const confirm = async (code: string): Promise<void> => {
      const { codes } = await exchange<RecoveryCodes>("PUT", "/api/session/codes", { password, secret, code });
      show(t("recoveryHint"), h("ul", { class: "recovery-codes" }, ...codes.map((each) => h("li", {}, each))));
    };
    const link = h("a", { href: address }, t("openCodeApplication"));
    const key = h("p", { class: "code-secret" }, secret.replace(/(.{4})/g, "$1 "));
    const input = h("input", { inputmode: "numeric", autocomplete: "one-time-code", required: true });
    show(t("secretHint"), link, key, step(t("oneTimeCode"), input, t("confirmCode"), confirm));
  }

  await start();
  return card;
}

function passwordStep(
  action: string,
  act: (password: string) => Promise<void>,
  ...further: HTMLElement[]
): HTMLElement {
  const input = h("input", { type: "password", autocomplete: "current-password", required: true });
  return step(t("presentPassword"), input, action, act, ...further);
}

/** A form with a field, and further ones behind it. act: is called with the value of the first. */
function step(
  title: string,
  input: HTMLInputElement,
  action: string,
  act: (value: string) => Promise<void>,
  ...further: HTMLElement[]
): HTMLElement {
  const problem = h("p", { class: "error-message", role: "alert" });
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    problem.textContent = "";
    try {
      await act(input.value);
    } catch (error) {
      problem.textContent = problemOf(error);
    }
  };
  return h(
    "form",
    { class: "password-form", submit: (event: Event) => void submit(event) },
    h("label", { class: "field" }, title, input),
    ...further,
    problem,
    h("button", { class: "button secondary" }, action),
  );
}

function problemOf(error: unknown): string {
  if (!(error instanceof ApiError)) return failureText(error);
  if (error.status === 403) return t("wrongPresentPassword");
  if (error.status === 409) return t("configuredAccount");
  return error.status === 422 ? t("wrongCode") : failureText(error);
}
