/** Layout around every page: header, navigation, language, state of the connection, and appearance in the footer. */

import { signOut } from "./api/client";
import { type AppContext, mayOpen, type Page } from "./app_context";
import { Narration } from "./components/narration";
import { loading } from "./components/notice";
import { type Child, h } from "./dom";
import { type Language, language, setLanguage, type TextKey, t } from "./i18n";
import { siteAddress, sitePath } from "./site_root";
import type { Connection } from "./state/camera_store";
import { setTheme, THEMES, type Theme, theme } from "./theme";

/** Texts of the state of the connection. */
export const CONNECTION_TEXTS: Record<Connection, TextKey> = {
  connecting: "streamConnecting",
  live: "streamLive",
  broken: "streamBroken",
  lost: "streamLost",
};

const THEME_TEXTS: Record<Theme, TextKey> = { system: "themeSystem", light: "themeLight", dark: "themeDark" };
/** Id of the part of the header that a phone shows on request. */
const MENU_ID = "menu";

export class Layout {
  private readonly header = h("header", { class: "site-header" });
  private readonly banner = h("div", { class: "connection-banner", role: "alert", hidden: true });
  private readonly main = h("main", { id: "isi", tabindex: "-1" });
  private readonly footer = h("footer", { class: "site-footer" });
  private readonly narration: Narration | null;
  private readonly connection = h("span", { class: "connection-state", role: "status" });

  constructor(
    private readonly app: AppContext,
    root: HTMLElement,
    private readonly languageChanged: () => void,
  ) {
    this.narration = app.city.simulated ? new Narration(app) : null;
    root.replaceChildren(
      this.header,
      this.banner,
      ...(this.narration ? [this.narration.element] : []),
      this.main,
      this.footer,
    );
    app.store.onChange(() => this.renderConnection());
    this.renderHeader();
  }

  showLoading(): void {
    this.renderHeader();
    this.narration?.render();
    this.main.replaceChildren(loading());
  }

  /** moved: whether another page was shown before; the focus of a screen reader then moves to this page. */
  show(page: Page, moved: boolean): void {
    document.title = `${page.title} · Simpang ${this.app.city.name}`;
    this.main.replaceChildren(page.element);
    if (moved) this.main.focus({ preventScroll: true });
  }

  renderHeader(): void {
    const logo = h("img", { src: siteAddress("/favicon.svg"), alt: "", width: 30, height: 30 });
    const name = h("span", {}, h("strong", {}, "Simpang"), h("span", { class: "site-brand-city" }, this.app.city.name));
    this.header.replaceChildren(
      h("a", { href: "#isi", class: "skip-link" }, t("skip")),
      h("a", { href: siteAddress("/"), class: "site-brand" }, logo, name),
      this.navigation(),
      this.connection,
      ...this.menu(),
    );
    this.footer.replaceChildren(h("a", { href: siteAddress("/privasi") }, t("privacyTitle")), themeChoice());
    this.renderConnection();
  }

  /** Language and account, with the button that opens them on a phone. */
  private menu(): HTMLElement[] {
    const menu = h(
      "div",
      { id: MENU_ID, class: "site-menu", "data-open": "false" },
      this.languageSwitch(),
      ...this.account(),
    );
    const button = h(
      "button",
      { type: "button", class: "menu-button", "aria-expanded": "false", "aria-controls": MENU_ID },
      h("span", { class: "menu-bars", "aria-hidden": "true" }),
      t("menu"),
    );
    button.addEventListener("click", () => {
      const open = String(menu.dataset.open !== "true");
      menu.dataset.open = open;
      button.setAttribute("aria-expanded", open);
    });
    return [button, menu];
  }

  private navigation(): HTMLElement {
    const { user } = this.app;
    const links: Child[] = [
      navigationLink("/", t("navMap")),
      navigationLink("/favorit", t("navFavorites")),
      navigationLink("/ketersediaan", t("navUptime")),
      navigationLink("/data-terbuka", t("navOpenData")),
    ];
    if (mayOpen(user, "planner")) links.push(navigationLink("/riwayat", t("navHistory")));
    if (mayOpen(user, "police")) links.push(navigationLink("/kejadian", t("navIncidents")));
    if (mayOpen(user, "operator")) links.push(navigationLink("/laporan", t("navReports")));
    if (mayOpen(user, "admin")) links.push(navigationLink("/orang", t("navPeople")));
    return h("nav", { class: "site-navigation", "aria-label": t("navigation") }, ...links);
  }

  private account(): HTMLElement[] {
    const { user } = this.app;
    if (!user) return [h("a", { href: siteAddress("/masuk"), class: "button secondary account-button" }, t("signIn"))];
    const leave = async (): Promise<void> => {
      await signOut().catch(() => undefined);
      this.app.signedIn(null);
      this.app.go("/");
    };
    const title = t("signedInAs", { name: user.name });
    const attributes = { type: "button", class: "button secondary account-button", title, click: () => void leave() };
    const own = h("a", { href: siteAddress("/akun"), class: "account-link", title: t("accountTitle") }, user.name);
    return [own, h("button", attributes, t("signOut"))];
  }

  private languageSwitch(): HTMLElement {
    const choice = (code: Language, name: string): HTMLElement =>
      h(
        "button",
        {
          type: "button",
          lang: code,
          "aria-label": `${code.toUpperCase()}, ${name}`,
          "aria-pressed": String(language() === code),
          click: () => this.changeLanguage(code),
        },
        code.toUpperCase(),
      );
    return h(
      "div",
      { class: "language-switch", role: "group", "aria-label": t("language") },
      choice("id", "Bahasa Indonesia"),
      choice("en", "English"),
    );
  }

  private changeLanguage(code: Language): void {
    setLanguage(code);
    this.languageChanged();
  }

  private renderConnection(): void {
    const { connection, lastReceivedAt } = this.app.store;
    this.connection.dataset.state = connection;
    const text = t(CONNECTION_TEXTS[connection]);
    if (this.connection.textContent !== text) this.connection.textContent = text;
    const lost = connection === "lost";
    this.banner.hidden = !lost;
    const sentence =
      lastReceivedAt === null ? t("unreachable") : t("lostSince", { time: this.app.time.clock(lastReceivedAt, true) });
    if (lost && this.banner.textContent !== sentence) this.banner.textContent = sentence;
  }
}

function themeChoice(): HTMLElement {
  const options = THEMES.map((each) => h("option", { value: each, selected: each === theme() }, t(THEME_TEXTS[each])));
  const choice = h("select", { class: "theme-choice", "aria-label": t("theme") }, ...options);
  choice.addEventListener("change", () => setTheme(THEMES.find((each) => each === choice.value) ?? "system"));
  return choice;
}

function navigationLink(path: string, text: string): HTMLElement {
  const shown = sitePath(location.pathname);
  const here = path === "/" ? shown === "/" : shown.startsWith(path);
  return h("a", { href: siteAddress(path), "aria-current": here ? "page" : null }, text);
}
