/** Names of roles in the language of the page. */

import type { Role } from "../app_context";
import { type TextKey, t } from "../i18n";

const TEXTS: Record<Role, TextKey> = {
  planner: "rolePlanner",
  police: "rolePolice",
  operator: "roleOperator",
  admin: "roleAdmin",
};

export const ROLES = Object.keys(TEXTS) as Role[];

export function roleText(role: Role): string {
  return t(TEXTS[role]);
}

export function roleTexts(roles: readonly Role[]): string {
  return roles.map(roleText).join(", ");
}
