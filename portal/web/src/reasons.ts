/** Why a camera tells nothing, or less than it could. */

import type { Camera } from "./api";
import { said, t } from "./i18n";

/** What operators are told: what is wrong and what to do. */
export function trouble(camera: Camera): string | null {
  return camera.load?.overloaded ? t("overloaded") : camera.reason;
}

/** In plain words, where anybody knows and this visitor may. */
export function whyDown(camera: Camera): string | null {
  return camera.out_of_service ? said(camera.out_of_service) : trouble(camera);
}
