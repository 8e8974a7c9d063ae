/** Code with which another site shows a widget of the portal, to copy. */

import "./embed_snippet.css";

import { h } from "../dom";
import { language, type TextKey, t } from "../i18n";
import { copyText } from "../sharing";
import { siteAddress } from "../site_root";
import { THEMES, type Theme } from "../theme";

const THEME_TEXTS: Record<Theme, TextKey> = { system: "themeSystem", light: "themeLight", dark: "themeDark" };

/** path: of the widget, such as `/embed/camera/kabil-1`. title: of the frame, for screen readers. */
export function embedSnippet(path: string, title: string): HTMLElement {
  const options = THEMES.map((theme) => h("option", { value: theme }, t(THEME_TEXTS[theme])));
  const theme = h("select", {}, ...options);
  const code = h("textarea", { class: "embed-code", readonly: true, rows: 4, "aria-label": t("embedCode") });
  const write = (): void => {
    code.value = snippet(path, title, theme.value);
  };
  const result = h("span", { class: "hint", role: "status" });
  const copy = async (): Promise<void> => {
    if (await copyText(code.value)) result.textContent = t("codeCopied");
    else code.select();
  };
  theme.addEventListener("change", write);
  write();
  const button = h("button", { type: "button", class: "button secondary", click: () => void copy() }, t("copyCode"));
  return h(
    "details",
    { class: "card embed-snippet" },
    h("summary", {}, t("embedTitle")),
    h("p", { class: "hint" }, t("embedHint")),
    h("label", { class: "field" }, t("theme"), theme),
    code,
    h("div", { class: "embed-tools" }, button, result),
  );
}

function snippet(path: string, title: string, theme: string): string {
  const query = new URLSearchParams({ lang: language(), ...(theme === "system" ? {} : { theme }) });
  const address = `${location.origin}${siteAddress(path)}?${query}`;
  const frame = h("iframe", { src: address, title, width: 360, height: 420, loading: "lazy" });
  frame.setAttribute("allow", "fullscreen");
  return frame.outerHTML.replace(/ loading="lazy"/, ' loading="lazy" style="border:0;max-width:100%"');
}
