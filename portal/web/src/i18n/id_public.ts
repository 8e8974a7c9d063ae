/** Texts of the public pages in Bahasa Indonesia: cards, list, chosen cameras, trend, widgets, and the installed page. */

export const publicIndonesian = {
  // State of a camera and its cause, for the public
  stateLive: "Langsung",
  stateDelayed: "Terlambat",
  stateFrozen: "Gambar membeku",
  stateUnusable: "Gambar tidak terbaca",
  stateConnecting: "Sedang menyambung",
  stateOffline: "Tidak tersambung",
  stateMaintenance: "Dalam perbaikan",
  stateNotKnown: "Tidak diketahui",
  stateLastPicture: "{state}. Gambar terakhir dianalisis: {time}",
  causeCamera: "Kamera tidak mengirim video yang dapat dipakai.",
  causeLink: "Jaringan ke kamera terputus.",
  causeSitePower: "Semua kamera di lokasi ini mati bersamaan: listrik atau jaringannya terputus.",
  causeWorker: "Komputer yang mengolah kamera ini tidak bekerja.",
  causeMaintenance: "Kamera ini sengaja tidak dipantau.",
  causeView: "Pandangan kamera terhalang, buram, bergeser, atau terlalu gelap.",
  causeOverload: "Komputer pengolah terlalu sibuk; angka bisa kurang tepat.",
  causeUnknown: "Penyebabnya belum diketahui.",

  // Cards
  flowAndSpeed: "Sekitar {flow} kendaraan per jam, {speed} km/jam",
  flowOnly: "Sekitar {flow} kendaraan per jam",
  flowFew: "Kurang dari 10 kendaraan per jam",
  flowFewAndSpeed: "Kurang dari 10 kendaraan per jam, {speed} km/jam",
  speedOnly: "Sekitar {speed} km/jam",
  pictureOf: "Gambar terbaru {name}",
  pictureNone: "Tidak ada gambar",
  pictureAt: "Gambar {time}",
  addFavorite: "Jadikan {name} favorit",
  removeFavorite: "Hapus {name} dari favorit",
  metersAway: "{n} m dari sini",
  kilometersAway: "{n} km dari sini",

  // List
  order: "Urutkan",
  orderLevel: "Terpadat dahulu",
  orderSite: "Menurut lokasi",
  orderOwner: "Menurut pemilik",
  nearMe: "Dekat saya",
  nearMeDenied: "Peramban tidak memberikan lokasi. Izinkan lokasi untuk halaman ini, lalu coba lagi.",
  nearMeInsecure: "Lokasi hanya tersedia di alamat aman (HTTPS).",
  dataSaver: "Hemat data",
  dataSaverHint: "Gambar diperbarui tiap 10 detik",
  noOwner: "Pemilik tidak dicantumkan",
  noSite: "Tanpa lokasi",
  camerasShown: "{n} kamera ditampilkan",

  // Chosen cameras
  navFavorites: "Favorit",
  favoritesTitle: "Kamera favorit saya",
  favoritesHint: "Daftar ini hanya disimpan di perangkat ini. Ketuk gambar untuk memutar videonya.",
  favoritesNone: "Belum ada kamera favorit. Ketuk bintang pada sebuah kamera untuk menyimpannya di sini.",
  favoritesMore: "Sembilan yang pertama ditampilkan; {n} lagi ada di daftar.",
  playVideo: "Putar video {name}",
  stopVideo: "Kembali ke gambar",
  openPage: "Buka halaman kamera",

  // Trend
  trendTitle: "Dibandingkan dengan biasanya",
  trendNone: "Belum ada hitungan pada jam-jam terakhir.",
  trendNoUsual: "Belum ada pembanding untuk hari dan jam ini.",
  trendUsual: "Seperti biasanya pada hari dan jam ini (mulai pukul {time}).",
  trendBusier:
    "Lebih ramai dari biasanya: {share} lebih banyak kendaraan daripada hari dan jam yang sama (mulai pukul {time}).",
  trendBusierThanNone:
    "Lebih ramai dari biasanya: pada hari dan jam ini biasanya tidak ada kendaraan (mulai pukul {time}).",
  trendQuieter:
    "Lebih sepi dari biasanya: {share} lebih sedikit kendaraan daripada hari dan jam yang sama (mulai pukul {time}).",
  trendFlow: "Kendaraan per jam",
  trendUsualFlow: "Biasanya pada hari dan jam itu (median enam minggu)",
  trendVehicles: "{n} kendaraan per jam",
  trendUsualValue: "biasanya {n}",

  // Widgets
  embedTitle: "Sematkan di situs lain",
  embedHint: "Salin kode ini ke halaman situs Anda. Kamera tampil di sana dengan keadaan yang sama seperti di sini.",
  embedCode: "Kode untuk disematkan",
  copyCode: "Salin kode",
  codeCopied: "Kode disalin",

  // Without a connection
  offlineLastData: "Tidak ada sambungan. Data terakhir diterima {time}; keadaan lalu lintas sekarang tidak diketahui.",
  offlineNever: "Tidak ada sambungan. Keadaan lalu lintas tidak diketahui.",

  // Appearance
  menu: "Menu",
  theme: "Tampilan",
  themeSystem: "Ikuti perangkat",
  themeLight: "Terang",
  themeDark: "Gelap",
  reportTitle: "Laporkan kamera ini",
  reportHint: "Operator menerima pilihan Anda, tanpa nama dan tanpa alamat.",
  reportNoPicture: "Tidak ada gambar",
  reportOldPicture: "Gambarnya lama atau tidak bergerak",
  reportWrongPlace: "Gambarnya dari tempat lain",
  reportWrongLevel: "Status lalu lintas tidak sesuai dengan gambar",
  reportPrivacy: "Terlihat tempat pribadi",
  reportThanks: "Terima kasih. Laporan Anda sudah diterima operator.",
} as const;
