/** Reports of viewers about cameras, for operators: what was reported how often, until it is handled. */

import "./reports.css";

import { get, handleReports } from "../api/client";
import type { CameraReport } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { failureText, notice } from "../components/notice";
import { REPORT_TEXTS } from "../components/report_form";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { siteAddress } from "../site_root";

export async function openReports(app: AppContext): Promise<Page> {
  const page = new ReportsPage(app);
  await page.load();
  return page;
}

class ReportsPage implements Page {
  readonly title = t("reportsTitle");
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "report-list" });
  private readonly problem = h("p", { class: "error-message", role: "alert" });

  constructor(private readonly app: AppContext) {
    this.element = h("div", { class: "page" }, h("h1", {}, this.title), this.problem, this.list);
  }

  /** Throws if the server refuses. */
  async load(): Promise<void> {
    const { reports } = await get("/api/camera-reports");
    const rows = reports.map((report) => this.row(report));
    fill(this.list, ...(rows.length ? rows : [h("li", {}, notice(t("reportsNone")))]));
  }

  private row(report: CameraReport): HTMLElement {
    const { camera_id, camera_name, kind, n, last_at } = report;
    const done = h("button", { type: "button", class: "button secondary" }, t("reportHandled"));
    done.setAttribute("aria-label", `${t("reportHandled")}: ${camera_name}, ${t(REPORT_TEXTS[kind])}`);
    done.addEventListener("click", () => void this.handle(camera_id, kind));
    return h(
      "li",
      { class: "card report-row" },
      h(
        "div",
        {},
        h("a", { href: siteAddress(`/camera/${encodeURIComponent(camera_id)}`) }, camera_name),
        h("p", {}, t(REPORT_TEXTS[kind])),
        h("p", { class: "hint" }, t("reportCount", { n }), " · ", this.app.time.dayAndClock(last_at)),
      ),
      done,
    );
  }

  private async handle(cameraId: string, kind: CameraReport["kind"]): Promise<void> {
    try {
      await handleReports(cameraId, kind);
      await this.load();
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = failureText(error);
    }
  }
}
