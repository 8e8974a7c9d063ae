import "./base.css";
import "./layout.css";

import { type City, get, type User } from "./api/client";
import type { App } from "./app_context";
import { h } from "./dom";
import { TimeFormat } from "./format";
import { restoreLanguage, t } from "./i18n";
import { Live } from "./state/camera_store";
import { failure } from "./components/notice";
import { Router } from "./router";
import { Shell } from "./layout";

async function boot(): Promise<void> {
  restoreLanguage();
  const root = document.getElementById("app") as HTMLElement;
  root.replaceChildren(h("p", { class: "boot" }, t("loading")));
  let city: City;
  let session: { user: User | null };
  try {
    [city, session] = await Promise.all([get<City>("/api/city"), get<{ user: User | null }>("/api/session")]);
  } catch (error) {
    root.replaceChildren(failure(error, () => void boot()));
    return;
  }
  const live = new Live(() => app.user === null);
  const app: App = {
    city,
    time: new TimeFormat(city.timezone),
    live,
    user: session.user,
    go: (path) => router.go(path),
    signedIn: (user) => {
      app.user = user;
      live.restart();
      shell.renderHeader();
    },
  };
  const shell = new Shell(app, root, () => router.reopen());
  const router = new Router(app, shell);
  live.start();
  router.start();
}

void boot();
