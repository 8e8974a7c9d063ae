/** Share and copy, as far as the browser allows: without HTTPS it allows neither. */

import { t } from "./i18n";

/** Shares the address of this page, or copies it, or else shows it. */
export async function sharePage(title: string, result: HTMLElement): Promise<void> {
  const link = location.origin + location.pathname;
  try {
    if (navigator.share) await navigator.share({ title, url: link });
    else result.textContent = (await copyText(link)) ? t("linkCopied") : t("linkHere", { link });
  } catch (error) {
    const cancelled = error instanceof DOMException && error.name === "AbortError";
    if (!cancelled) result.textContent = t("linkHere", { link });
  }
}

/** False where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
