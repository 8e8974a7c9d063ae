/** Controls of the camera list: order, cameras near the reader, and the data saver. */

import "./list_tools.css";

import type { Position } from "../api/schema";
import type { Order } from "../camera_order";
import { savesData, setSavesData } from "../data_saver";
import { h } from "../dom";
import { type TextKey, t } from "../i18n";
import { findPosition } from "../nearby";
import { remember, remembered } from "../preferences";

/** Key in the local storage of the browser: one of the orders below. A position is never stored. */
const STORAGE_KEY = "simpang.order";
const ORDER_TEXTS: readonly [Exclude<Order, "near">, TextKey][] = [
  ["level", "orderLevel"],
  ["site", "orderSite"],
  ["owner", "orderOwner"],
];

export class ListTools {
  readonly element: HTMLElement;
  private readonly message = h("p", { class: "hint", role: "status" });
  private readonly near: HTMLButtonElement;
  private chosen: Exclude<Order, "near">;
  private at: Position | null = null;

  constructor(private readonly changed: () => void) {
    this.chosen = ORDER_TEXTS.find(([order]) => order === remembered(STORAGE_KEY))?.[0] ?? "level";
    this.near = h(
      "button",
      { type: "button", class: "tool-button", "aria-pressed": "false", click: () => void this.toggleNear() },
      t("nearMe"),
    );
    this.element = h("div", { class: "list-tools" }, this.orderChoice(), this.near, this.saver(), this.message);
  }

  get order(): Order {
    return this.at ? "near" : this.chosen;
  }

  /** Position of the reader, while cameras near it are shown first; else null. */
  get position(): Position | null {
    return this.at;
  }

  private orderChoice(): HTMLElement {
    const options = ORDER_TEXTS.map(([order, text]) =>
      h("option", { value: order, selected: order === this.chosen }, t(text)),
    );
    const choice = h("select", { class: "tool-select", "aria-label": t("order") }, ...options);
    choice.addEventListener("change", () => {
      this.chosen = ORDER_TEXTS.find(([order]) => order === choice.value)?.[0] ?? "level";
      remember(STORAGE_KEY, this.chosen);
      this.showNear(null);
    });
    return choice;
  }

  private saver(): HTMLElement {
    const button = h("button", { type: "button", class: "tool-button", title: t("dataSaverHint") }, t("dataSaver"));
    const render = (): void => button.setAttribute("aria-pressed", String(savesData()));
    button.addEventListener("click", () => {
      setSavesData(!savesData());
      render();
    });
    render();
    return button;
  }

  private async toggleNear(): Promise<void> {
    if (this.at) return this.showNear(null);
    this.near.disabled = true;
    const found = await findPosition();
    this.near.disabled = false;
    if (typeof found === "string") this.message.textContent = t(found);
    else this.showNear(found);
  }

  private showNear(at: Position | null): void {
    this.at = at;
    this.message.textContent = "";
    this.near.setAttribute("aria-pressed", String(at !== null));
    this.changed();
  }
}
