/** Report of a viewer that something is wrong with a camera: one of a few kinds, and no text. */

import "./report_form.css";

import { reportCamera } from "../api/client";
import { type ReportKind, reportKindValues } from "../api/schema";
import { fill, h } from "../dom";
import { type TextKey, t } from "../i18n";
import { failureText } from "./notice";

/** Sentence of each kind. */
export const REPORT_TEXTS: Readonly<Record<ReportKind, TextKey>> = {
  no_picture: "reportNoPicture",
  old_picture: "reportOldPicture",
  wrong_place: "reportWrongPlace",
  wrong_level: "reportWrongLevel",
  privacy: "reportPrivacy",
};

export function reportForm(cameraId: string): HTMLElement {
  const result = h("p", { class: "hint", role: "status" });
  const choices = h("div", { class: "report-choices" });
  const send = async (kind: ReportKind): Promise<void> => {
    try {
      await reportCamera(cameraId, kind);
      fill(choices);
      result.textContent = t("reportThanks");
    } catch (error) {
      result.textContent = failureText(error);
    }
  };
  fill(
    choices,
    ...reportKindValues.map((kind) =>
      h("button", { type: "button", class: "button secondary", click: () => void send(kind) }, t(REPORT_TEXTS[kind])),
    ),
  );
  return h(
    "details",
    { class: "card report-form" },
    h("summary", {}, t("reportTitle")),
    h("p", { class: "hint" }, t("reportHint")),
    choices,
    result,
  );
}
