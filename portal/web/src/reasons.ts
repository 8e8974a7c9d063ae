/** Why a camera tells nothing. */

import type { Camera } from "./api";

/** In plain words, where anybody knows and this visitor may. */
export function whyDown(camera: Camera): string | null {
  return camera.out_of_service ?? camera.reason;
}
