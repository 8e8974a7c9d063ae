"""Indonesian words for the sheet of evidence, for what a worker writes into manifests and the log of custody."""

import re

from analytics.facts import IncidentType

INDONESIAN = {
    "no clip: no packets of H.264 or H.265 were kept": "tidak ada klip: tidak ada paket H.264 atau H.265 tersimpan",
    "no earlier packets of this connection were kept": "paket sebelumnya dari sambungan ini tidak tersimpan",
    "the camera sent no frame": "kamera tidak mengirim gambar",
    "no later packets of this connection had arrived": "paket berikutnya dari sambungan ini belum tiba",
    "clock of the machine at the arrival of packets, times of the stream between them": (
        "jam mesin saat paket tiba; di antaranya waktu dari aliran video"
    ),
    "not known on this system": "tidak diketahui pada sistem ini",
    "not known: the kernel refused adjtimex": "tidak diketahui: kernel menolak adjtimex",
    "not known: the clock is not synchronised (adjtimex)": "tidak diketahui: jam tidak disinkronkan (adjtimex)",
    "not measured: time synchronisation (adjtimex), at most {} s wrong": (
        "tidak diukur: sinkronisasi waktu (adjtimex), selisih paling banyak {} detik"
    ),
    "older than {} days": "lebih lama dari {} hari",
    "no space for more packages": "tidak ada ruang untuk paket berikutnya",
    "no package was stored: interrupted, or removed": "paket tidak tersimpan: terputus, atau terhapus",
    f"incident: {IncidentType.STOPPED_VEHICLE}": "kejadian: kendaraan berhenti",
    f"incident: {IncidentType.WRONG_WAY}": "kejadian: melawan arah",
    f"incident: {IncidentType.CONGESTION}": "kejadian: awal kemacetan",
    f"incident: {IncidentType.PERSON_ON_ROAD}": "kejadian: orang di badan jalan",
    f"incident: {IncidentType.COLLISION}": "kejadian: tabrakan",
}
"""Text of a worker -> its Indonesian words. "{}" is a number."""

_PATTERNS = [(re.compile(re.escape(text).replace(r"\{\}", "([0-9.]+)")), words) for text, words in INDONESIAN.items()]
"""The same texts as patterns."""


def indonesian(text: str) -> str:
    """Return a text of a worker in Indonesian, and any other as it is.

    >>> indonesian("older than 30 days"), indonesian("LP/12/2026")
    ('lebih lama dari 30 hari', 'LP/12/2026')
    """
    for pattern, words in _PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            return words.format(*found.groups())
    return text
