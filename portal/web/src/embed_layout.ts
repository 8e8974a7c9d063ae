/** Layout of a widget in a frame of another site: the page alone, and a line with the state and a link to the portal. */

import "./embed_layout.css";

import type { AppContext, Page } from "./app_context";
import { loading } from "./components/notice";
import { h } from "./dom";
import { t } from "./i18n";
import { CONNECTION_TEXTS } from "./layout";
import { siteAddress } from "./site_root";

export class EmbedLayout {
  private readonly main = h("main", { class: "embed-main" });
  private readonly state = h("span", { class: "connection-state", role: "status" });

  constructor(
    private readonly app: AppContext,
    root: HTMLElement,
  ) {
    const portal = h("a", { href: siteAddress("/") }, t("siteTitle", { city: app.city.name }));
    root.classList.add("embed");
    root.replaceChildren(this.main, h("footer", { class: "embed-footer" }, this.state, portal));
    app.store.onChange(() => this.renderConnection());
    document.addEventListener("click", openOutside, { capture: true });
    this.renderConnection();
  }

  showLoading(): void {
    this.main.replaceChildren(loading());
  }

  show(page: Page): void {
    document.title = `${page.title} · Simpang ${this.app.city.name}`;
    this.main.replaceChildren(h("h1", { class: "visually-hidden" }, page.title), page.element);
  }

  /** A widget has no header. */
  renderHeader(): void {}

  private renderConnection(): void {
    const { connection, lastReceivedAt } = this.app.store;
    const lost = connection === "lost" && lastReceivedAt !== null;
    const text = lost
      ? t("lostSince", { time: this.app.time.clock(lastReceivedAt, true) })
      : t(CONNECTION_TEXTS[connection]);
    this.state.dataset.state = connection;
    if (this.state.textContent !== text) this.state.textContent = text;
  }
}

/** Whether the page of this address is a widget. */
export function isEmbedPath(path: string): boolean {
  return path.startsWith("/embed/");
}

/** Opens links in a tab of their own, so that the frame never shows the rest of the portal. */
function openOutside(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link) return;
  link.target = "_blank";
  link.rel = "noopener";
}
