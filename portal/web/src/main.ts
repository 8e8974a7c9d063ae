/** Starts the application: loads the city and the session, then opens the page of the address. */

import "./base.css";
import "./layout.css";

import { get } from "./api/client";
import type { City, Session } from "./api/schema";
import type { AppContext } from "./app_context";
import { failure } from "./components/notice";
import { h } from "./dom";
import { TimeFormat } from "./format";
import { restoreLanguage, t } from "./i18n";
import { Layout } from "./layout";
import { Router } from "./router";
import { siteAddress } from "./site_root";
import { CameraStore } from "./state/camera_store";

async function boot(): Promise<void> {
  restoreLanguage();
  const root = document.getElementById("app") as HTMLElement;
  // A relative address would change its meaning with the page.
  document.querySelector("link[rel=icon]")?.setAttribute("href", siteAddress("/favicon.svg"));
  root.replaceChildren(h("p", { class: "boot" }, t("loading")));
  let city: City;
  let session: Session;
  try {
    [city, session] = await Promise.all([get("/api/city"), get("/api/session")]);
  } catch (error) {
    root.replaceChildren(failure(error, () => void boot()));
    return;
  }
  const store = new CameraStore(
    () => app.user === null,
    () => void checkUser(),
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
  const layout = new Layout(app, root, () => router.reopen());
  const router = new Router(app, layout);
  store.start();
  router.start();
}

void boot();
