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
import { CameraStore } from "./state/camera_store";

async function boot(): Promise<void> {
  restoreLanguage();
  const root = document.getElementById("app") as HTMLElement;
  root.replaceChildren(h("p", { class: "boot" }, t("loading")));
  let city: City;
  let session: Session;
  try {
    [city, session] = await Promise.all([get("/api/city"), get("/api/session")]);
  } catch (error) {
    root.replaceChildren(failure(error, () => void boot()));
    return;
  }
  const store = new CameraStore(() => app.user === null);
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
  const layout = new Layout(app, root, () => router.reopen());
  const router = new Router(app, layout);
  store.start();
  router.start();
}

void boot();
