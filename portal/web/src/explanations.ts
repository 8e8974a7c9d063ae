/** Why a camera tells nothing, or less than it could, and why an incident was raised. */

import type { Camera, Incident } from "./api/client";
import { duration } from "./format";
import { language, said, t } from "./i18n";

/** What the kind and the times of an incident say of it; the detector's own words have more, but are English. */
const IN_INDONESIAN: Record<string, (lasted: string) => string> = {
  stopped_vehicle: (lasted) => `Kendaraan diam di lajur jalan selama ${lasted} ketika dilaporkan.`,
  wrong_way: () => "Kendaraan melaju melawan arah yang sah.",
  congestion: (lasted) => `Lalu lintas jauh di bawah kecepatan arus bebas selama ${lasted} ketika dilaporkan.`,
  person_on_road: (lasted) => `Seseorang berjalan kaki di badan jalan selama ${lasted} ketika dilaporkan.`,
  collision: (lasted) => `Dua kendaraan bertemu, seketika berhenti, dan tidak bergerak selama ${lasted}.`,
};

/** Null where the detector's words need no introduction, or there is none for a new kind. */
export function introduction({ type, start_at, detected_at }: Incident): string | null {
  if (language() === "en") return null;
  return IN_INDONESIAN[type]?.(duration(Date.parse(detected_at) - Date.parse(start_at))) ?? null;
}

/** What operators are told: what is wrong and what to do. */
export function trouble(camera: Camera): string | null {
  return camera.load?.overloaded ? t("overloaded") : camera.reason;
}

/** In plain words, where anybody knows and this visitor may. */
export function whyDown(camera: Camera): string | null {
  return camera.out_of_service ? said(camera.out_of_service) : trouble(camera);
}
