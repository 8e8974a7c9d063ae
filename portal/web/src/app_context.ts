/** Shared interfaces of the application and its pages, and which role may open a page. */

import type { City, Session } from "./api/schema";
import type { TimeFormat } from "./format";
import type { CameraStore } from "./state/camera_store";

export type User = NonNullable<Session["user"]>;
export type Role = User["roles"][number];

export interface AppContext {
  readonly city: City;
  readonly time: TimeFormat;
  readonly store: CameraStore;
  user: User | null;
  /** Opens a page of this site as a new entry of the browser's history. */
  go(path: string): void;
  /** Changes the address of the open page without opening it again or adding a history entry. */
  replaceAddress(path: string): void;
  /** Called after sign-in and sign-out, which change the visible cameras. */
  signedIn(user: User | null): void;
}

export interface Page {
  readonly title: string;
  readonly element: HTMLElement;
  /** Called when the element has been added to the document, for content that depends on its size. */
  shown?(): void;
  /** Shows another parameter of the same route ("" for none). A page without it is opened again instead. */
  showParameter?(parameter: string): void;
  close?(): void;
}

/** Builds a page. parameter: the variable part of the path, "" if there is none. */
export type OpenPage = (app: AppContext, parameter: string) => Page | Promise<Page>;

/** Operators may open every page but that of admins. */
export function mayOpen(user: User | null, role: Role): boolean {
  if (user === null) return false;
  return user.roles.includes(role) || (role !== "admin" && user.roles.includes("operator"));
}
