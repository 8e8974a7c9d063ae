/** A camera, site or owner in the list of uptime: name, observed share, bars, causes, and a table of its periods. */

import "./data_table.css";
import "./uptime_row.css";

import type { UptimeRow } from "../api/schema";
import { h } from "../dom";
import { t } from "../i18n";
import { type AmountOf, causesText, exactPercent, observedShareOf } from "../uptime";
import { uptimeBars } from "./uptime_bars";

/** What is the same in all rows. names: of the periods. */
export interface RowStyle {
  periodHeading: string;
  names: readonly string[];
  amountOf: AmountOf;
}

/** title: the name, or a link with it. place: site and owner, in small type; "" for none. */
export function uptimeRow(title: Node, place: string, row: UptimeRow, style: RowStyle): HTMLElement[] {
  const share = observedShareOf(row.total);
  const causes = row.total && share !== null ? causesText(row.total, style.amountOf) : null;
  return [
    h("div", { class: "uptime-name" }, title, place ? h("span", { class: "hint" }, place) : null),
    h(
      "p",
      { class: "uptime-share" },
      share === null ? t("uptimeNoData") : t("uptimeObserved", { share: exactPercent(share) }),
    ),
    h("div", { class: "uptime-history" }, uptimeBars(row.periods, style.names), ends(style.names)),
    causes === null ? null : h("p", { class: "uptime-causes" }, causes),
    causes === null ? null : details(row, style),
  ].filter((element) => element !== null);
}

/** The first and the last period under the ends of the bars, whose text for screen readers names the periods itself. */
function ends(names: readonly string[]): HTMLElement {
  const shown = names.length > 1 ? [names[0], names.at(-1)] : names;
  return h("p", { class: "uptime-ends", "aria-hidden": "true" }, ...shown.map((name) => h("span", {}, name)));
}

/** The periods as a table, which is built when it is first opened. */
function details(row: UptimeRow, style: RowStyle): HTMLElement {
  const element = h("details", { class: "uptime-details" }, h("summary", {}, t("uptimeDetails")));
  element.addEventListener("toggle", () => element.append(periodTable(row, style)), { once: true });
  return element;
}

function periodTable({ periods }: UptimeRow, { names, periodHeading, amountOf }: RowStyle): HTMLElement {
  const rows = periods.map((period, index) => {
    const share = observedShareOf(period);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, names[index]),
      h("td", { class: "numeric" }, share === null ? t("noValue") : exactPercent(share)),
      h(
        "td",
        { class: "uptime-reason" },
        period === null || share === null ? t("uptimeNoData") : causesText(period, amountOf),
      ),
    );
  });
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, periodHeading),
    h("th", { scope: "col", class: "numeric" }, t("coverage")),
    h("th", { scope: "col" }, t("uptimeLost")),
  );
  return h("div", { class: "table-scroll" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows.reverse())));
}
