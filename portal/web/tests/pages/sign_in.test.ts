// @vitest-environment happy-dom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AppContext, Role, User } from "../../src/app_context";
import { openSignIn } from "../../src/pages/sign_in";
import { CITY } from "../support/builders";

let app: AppContext;
const go = vi.fn();

beforeEach(() => {
  go.mockReset();
  app = {
    user: null,
    city: CITY,
    go,
    signedIn: (user: User | null) => {
      app.user = user;
    },
  } as unknown as AppContext;
});

/** Fills in and sends the form at an address. The server answers with `response`, and with `kept` for the session. */
async function submit(address: string, response: Response, kept: Response = response): Promise<HTMLElement> {
  history.replaceState(null, "", address);
  const requests = vi.fn(async (_url: string, { method }: RequestInit) =>
    (method === "POST" ? response : kept).clone(),
  );
  vi.stubGlobal("fetch", requests);
  const { element } = openSignIn(app);
  const [name, password] = element.querySelectorAll("input");
  if (name) name.value = " rina ";
  if (password) password.value = "secret";
  element.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.waitFor(() => expect(element.querySelector("button")?.disabled).toBe(false));
  expect(requests.mock.calls[0]?.[1].body).toBe('{"name":"rina","password":"secret","code":""}');
  return element;
}

function session(...roles: Role[]): Response {
  return Response.json({ user: { name: "rina", roles } });
}

describe("after signing in", () => {
  it.each<[string, Role[], string]>([
    ["/masuk", ["planner"], "/riwayat"],
    ["/masuk", ["police"], "/kejadian"],
    ["/masuk", ["operator"], "/"],
    ["/masuk?next=%2Fkejadian%2F7", ["police"], "/kejadian/7"],
    ["/masuk?next=%2F%2Fevil.example", ["police"], "/kejadian"],
    ["/masuk?next=%2F%5Cevil.example", ["police"], "/kejadian"],
    ["/masuk?next=%2F%09%2Fevil.example", ["police"], "/kejadian"],
    ["/masuk?next=%2F..%2F%2Fevil.example", ["police"], "/kejadian"],
    ["/masuk?next=%2Friwayat%3Fcamera%3Da%2520b", ["police"], "/riwayat?camera=a%20b"],
    ["/masuk?next=https%3A%2F%2Fevil.example", ["police"], "/kejadian"],
  ])("at %s as %s, the page %s is opened", async (address, roles, destination) => {
    await submit(address, session(...roles));
    expect(go).toHaveBeenCalledExactlyOnceWith(destination);
    expect(app.user?.roles).toEqual(roles);
  });
});

describe("a refused attempt", () => {
  it.each([
    [401, "Nama atau kata sandi salah."],
    [429, "Terlalu banyak percobaan. Tunggu sebentar lalu coba lagi."],
    [503, "Basis data tidak menjawab. Coba lagi sebentar lagi."],
  ])("with status %i is explained in Indonesian, and the password is emptied", async (status, text) => {
    const element = await submit("/masuk", Response.json({ detail: "No." }, { status }));
    expect(element.querySelector("[role=alert]")?.textContent).toBe(text);
    expect(element.querySelectorAll("input")[1]?.value).toBe("");
    expect(go).not.toHaveBeenCalled();
  });
});

describe("an account with one-time codes", () => {
  it("is asked for the code, and a wrong one is explained and emptied", async () => {
    const element = await submit("/masuk", Response.json({ detail: "No." }, { status: 428 }));
    const code = element.querySelector<HTMLInputElement>("label:not([hidden]) [name=code]");
    expect(code).not.toBeNull();
    expect(element.querySelector("[role=alert]")?.textContent).toBe("");
    expect(element.querySelectorAll("input")[1]?.value).toBe("secret");
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Response.json({ detail: "No." }, { status: 401 })),
    );
    if (code) code.value = "000000";
    element.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(element.querySelector("[role=alert]")?.textContent).toContain("Kode salah"));
    expect(code?.value).toBe("");
    expect(element.querySelectorAll("input")[1]?.value).toBe("secret");
  });
});

describe("a browser that drops the session", () => {
  it("is not shown as signed in", async () => {
    const element = await submit("/masuk", session("planner"), Response.json({ user: null }));
    expect(element.querySelector("[role=alert]")?.textContent).toContain("tidak menyimpan sesi");
    expect(app.user).toBeNull();
    expect(go).not.toHaveBeenCalled();
  });

  it("over plain HTTP is led to the public address before it sends a password", () => {
    history.replaceState(null, "", "/masuk?next=%2Friwayat");
    app = { ...app, city: { ...CITY, public_url: "https://kota.example.id/lalin" } };
    const { element } = openSignIn(app);
    expect(element.querySelector("input")).toBeNull();
    expect(element.querySelector("a")?.getAttribute("href")).toBe(
      "https://kota.example.id/lalin/masuk?next=%2Friwayat",
    );
  });

  it("is allowed on plain HTTP where the public address is too", () => {
    app = { ...app, city: { ...CITY, public_url: "http://10.0.0.5/lalin" } };
    expect(openSignIn(app).element.querySelectorAll("label:not([hidden]) input")).toHaveLength(2);
  });
});
