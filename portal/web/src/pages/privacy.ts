/** Privacy notice of the cameras, as UU 27/2022 (Personal Data Protection), articles 17 and 21, asks of the city. */

import "./privacy.css";

import type { City } from "../api/schema";
import type { AppContext, Page } from "../app_context";
import { h } from "../dom";
import { localized, t } from "../i18n";

type Text = Readonly<{ id: string; en: string }>;

interface Section {
  title: Text;
  paragraphs: readonly Text[];
  /** What holds for some cities only; null for the others. */
  further?: (city: City) => Text | null;
}

/** What holds for every installation of Simpang. [source: docs/privacy.md] */
const SECTIONS: readonly Section[] = [
  {
    title: { id: "Apa yang diamati", en: "What is observed" },
    paragraphs: [
      {
        id: "Kamera di jalan umum. Komputer menghitung kendaraan dan orang menurut jenisnya, mengukur kecepatan dan kepadatan, serta mengenali kejadian seperti kendaraan mogok atau melawan arah.",
        en: "Cameras on public roads. A computer counts vehicles and people by type, measures speed and density, and detects incidents such as a stopped or wrong-way vehicle.",
      },
      {
        id: "Wajah dan pelat nomor tidak dikenali, dan tidak seorang pun diidentifikasi.",
        en: "Faces and number plates are not recognised, and no person is identified.",
      },
    ],
  },
  {
    title: { id: "Untuk apa, dan atas dasar apa", en: "Purpose and legal basis" },
    paragraphs: [
      {
        id: "Penyelenggaraan lalu lintas serta pengumpulan, analisis, dan pengaturan informasi lalu lintas (UU 27/2022 Pasal 17), sebagai pelayanan publik (Pasal 20 ayat (2) huruf e).",
        en: "The organisation of traffic, and the collection, analysis and management of traffic information (UU 27/2022, article 17), as a public service (article 20 (2) e).",
      },
    ],
  },
  {
    title: { id: "Apa yang disimpan, dan berapa lama", en: "What is stored, and for how long" },
    paragraphs: [
      {
        id: "Video langsung tidak direkam oleh sistem ini: hanya beberapa detik terakhir yang ada, agar dapat ditonton.",
        en: "This system does not record live video: only the last seconds exist, so that it can be watched.",
      },
      {
        id: "Gambar suatu kejadian disimpan paling lama 30 hari, dan hanya dapat dibuka oleh kepolisian dan operator.",
        en: "A picture of an incident is kept for 30 days at most, and only police and operators can open it.",
      },
      {
        id: "Jumlah, kecepatan, dan tingkat kepadatan disimpan tanpa gambar dan tanpa data pribadi.",
        en: "Counts, speeds and levels are stored without pictures and without personal data.",
      },
    ],
    further: (city) => (city.evidence_days === null ? null : clipsFor(city.evidence_days)),
  },
  {
    title: { id: "Situs ini", en: "This site" },
    paragraphs: [
      {
        id: "Tanpa kuki dan tanpa pelacakan bagi pengunjung. Favorit dan pilihan Anda tetap di perangkat Anda; posisi Anda tidak dikirim.",
        en: "No cookies and no tracking for visitors. Your favourites and choices stay on your device; your position is not sent.",
      },
    ],
    further: (city) => (city.tiles === null ? null : TILES),
  },
  {
    title: { id: "Hak Anda", en: "Your rights" },
    paragraphs: [
      {
        id: "Anda berhak atas informasi, akses, perbaikan, penghapusan, keberatan, dan ganti rugi menurut UU 27/2022 Pasal 5 sampai 13.",
        en: "You have the rights to information, access, correction, erasure, objection and compensation of UU 27/2022, articles 5 to 13.",
      },
    ],
  },
];

/** Where clips of incidents are stored, and for how long (days). */
function clipsFor(days: number): Text {
  const n = Math.round(days);
  return {
    id: `Cuplikan pendek di sekitar suatu kejadian (belasan detik) disimpan sebagai bukti selama ${n} hari, lebih lama bila diminta penegak hukum; hanya kepolisian dan operator yang dapat membukanya, dan setiap pembukaan dicatat.`,
    en: `A short clip around an incident (some seconds) is kept as evidence for ${n} days, longer where law enforcement asks for it; only police and operators can open it, and each access is logged.`,
  };
}

/** Where the map comes from a server of tiles. */
const TILES: Text = {
  id: "Peta dimuat dari server lain, yang dengan itu mengetahui alamat jaringan perangkat Anda.",
  en: "The map is loaded from another server, which thereby learns the network address of your device.",
};

/** What a page states where the configuration names no controller or contact. */
const UNNAMED: Text = {
  id: "Pemerintah daerah yang mengoperasikan situs ini",
  en: "The local government that runs this site",
};
const RESPONSIBLE: Text = { id: "Penanggung jawab", en: "Responsible" };
const CONTACT: Text = { id: "Hubungi", en: "Contact" };

export function openPrivacy(app: AppContext): Page {
  const { controller, privacy_contact: contact } = app.city;
  const responsible = h("p", {}, controller ?? localized(UNNAMED));
  const sections = SECTIONS.map(({ title, paragraphs, further }) => {
    const last = further?.(app.city) ?? null;
    const texts = last === null ? paragraphs : [...paragraphs, last];
    return h("section", {}, h("h2", {}, localized(title)), ...texts.map((text) => h("p", {}, localized(text))));
  });
  return {
    title: t("privacyTitle"),
    element: h(
      "div",
      { class: "page privacy" },
      h("h1", {}, t("privacyTitle")),
      h("section", {}, h("h2", {}, localized(RESPONSIBLE)), responsible, ...(contact ? [contactLine(contact)] : [])),
      ...sections,
    ),
    close: () => undefined,
  };
}

/** The contact, as a link where it is an address of a page or of e-mail. */
function contactLine(contact: string): HTMLElement {
  const href = /^https?:\/\//.test(contact) ? contact : /^[^\s@]+@[^\s@]+$/.test(contact) ? `mailto:${contact}` : null;
  return h("p", {}, `${localized(CONTACT)}: `, href ? h("a", { href }, contact) : contact);
}
