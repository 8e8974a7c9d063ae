/** What every page is given, and what it gives back. */

import type { City, Role, User } from "./api/client";
import type { TimeFormat } from "./format";
import type { Live } from "./state/camera_store";

export interface App {
  readonly city: City;
  readonly time: TimeFormat;
  readonly live: Live;
  user: User | null;
  go(path: string): void;
  /** After sign-in and sign-out: the server now shows other cameras. */
  signedIn(user: User | null): void;
}

export interface Page {
  readonly title: string;
  readonly element: HTMLElement;
  /** Called once the element is in the document, for what needs its size. */
  shown?(): void;
  close?(): void;
}

export type OpenPage = (app: App, parameter: string) => Page | Promise<Page>;

export function mayOpen(user: User | null, role: Role): boolean {
  return user !== null && (user.roles.includes(role) || user.roles.includes("operator"));
}
