/** Starts the application: loads the city and the session, then opens the page of the address. */

import "./base.css";
import "./layout.css";

import { get, omitSession } from "./api/client";
import type { City, Session } from "./api/schema";
import type { AppContext } from "./app_context";
import { h } from "./dom";
import { EmbedLayout, isEmbedPath } from "./embed_layout";
import { TimeFormat } from "./format";
import { restoreLanguage, t } from "./i18n";
import { Layout } from "./layout";
import { install, noteLastData, startFailure } from "./offline";
import { Router } from "./router";
import { siteAddress, sitePath } from "./site_root";
import { CameraStore } from "./state/camera_store";
import { restoreTheme } from "./theme";

/** Whether this page is a widget in a frame of another site. */
const EMBEDDED = isEmbedPath(sitePath(location.pathname));

async function boot(): Promise<void> {
  const root = document.getElementById("app") as HTMLElement;
  root.replaceChildren(h("p", { class: "boot" }, t("loading")));
  let city: City;
  let session: Session;
  try {
    [city, session] = await Promise.all([get("/api/city"), get("/api/session")]);
  } catch (error) {
    root.replaceChildren(startFailure(error, () => void boot()));
    return;
  }
  const store = new CameraStore(
    () => app.user === null,
    () => void checkUser(),
    // The stream is shared with tabs that have a session.
    (camera) => !EMBEDDED || camera.visibility === "public",
  );
  const app: AppContext = {
    city,
    time: new TimeFormat(city.timezone),
    store,
    user: session.user,
    go: (path) => router.go(path),
    replaceAddress: (path) => router.replaceAddress(path),
    signedIn: (user) => {
      app.user = user;
      store.restart();
      layout.renderHeader();
    },
  };
  /** The session may have ended, or another tab may have opened one, while the connection was interrupted. */
  async function checkUser(): Promise<void> {
    const { user } = await get("/api/session").catch(() => app);
    if (JSON.stringify(user) === JSON.stringify(app.user)) return;
    app.signedIn(user);
    router.reopen();
  }
  const layout = EMBEDDED ? new EmbedLayout(app, root) : new Layout(app, root, () => router.reopen());
  const router = new Router(app, layout);
  if (!EMBEDDED) noteLastData(store, city.timezone);
  store.start();
  router.start();
}

/** Widgets show what is public. The parameters `theme` and `lang` belong to them, as they have no switch. */
function prepare(): void {
  if (EMBEDDED) omitSession();
  const given = new URLSearchParams(EMBEDDED ? location.search : "");
  restoreTheme(given.get("theme"));
  restoreLanguage(given.get("lang"));
  // A relative address would change its meaning with the page.
  document.querySelector("link[rel=icon]")?.setAttribute("href", siteAddress("/favicon.svg"));
  if (!EMBEDDED) install();
}

prepare();
void boot();
