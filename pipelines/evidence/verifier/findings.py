"""What a verification finds, in Indonesian and English."""

from dataclasses import dataclass
from typing import NamedTuple


class Finding(NamedTuple):
    """One fault. code: key of TEXTS. where: file, field or position. detail: value that belongs to the text."""

    code: str
    where: str
    detail: str = ""

    def text(self) -> str:
        """Return two lines, in Indonesian and in English."""
        indonesian, english = TEXTS[self.code]
        where, detail = one_line(self.where), one_line(self.detail)
        return "\n".join(
            f"  [{language}] {where}: {words.format(detail)}"
            for language, words in (("id", indonesian), ("en", english))
        )


def one_line(text: str) -> str:
    """Return a text in ASCII without what would end the line or control a terminal.

    >>> one_line("a\\n\\x1b[2J")
    'a\\\\n\\\\x1b[2J'
    """
    return ascii(text)[1:-1]


@dataclass(frozen=True)
class Verdict:
    """Result of a verification. statements: lines from the documents. has_package: False for a proof alone."""

    findings: tuple[Finding, ...]
    statements: tuple[str, ...] = ()
    has_package: bool = True

    @property
    def exit_status(self) -> int:
        """0 for intact and signed by a given key, 1 for a fault, 2 where that cannot be decided."""
        if not self.findings:
            return 0
        return 2 if all(finding.code in UNDECIDED for finding in self.findings) else 1


UNDECIDED = frozenset({"no-key", "unreadable", "key-file", "no-proof", "no-id", "nothing"})
"""Findings that show no tampering: something is missing that the verification needs."""

TEXTS = {
    "unreadable": ("berkas tidak dapat dibaca ({})", "the file cannot be read ({})"),
    "key-file": (
        "bukan kunci publik Ed25519 (PEM) dan bukan berkas kunci Simpang",
        "neither an Ed25519 public key (PEM) nor a keyring of Simpang",
    ),
    "no-key": (
        "tidak ada kunci tepercaya yang diberikan. Tanda tangan hanya cocok dengan kunci di dalam paket itu sendiri "
        "({}); siapa pun dapat membuatnya. Berikan --key dengan kunci dari sumber tepercaya",
        "no trusted key was given. The signature only matches the key in the package itself ({}); anyone can make "
        "such a package. Give --key with a key from a trusted source",
    ),
    "nothing": ("berikan PACKAGE, --proof, atau keduanya", "give PACKAGE, --proof, or both"),
    "no-id": (
        "bukti tanpa paket: berikan juga --id dengan nomor paket yang dimaksud",
        "a proof without PACKAGE: give --id, too, with the id of the package that is meant",
    ),
    "no-proof": (
        "titik periksa hanya dapat dibandingkan dengan bukti log; berikan juga --proof",
        "a checkpoint can only be compared with a proof of the log; give --proof, too",
    ),
    "zip": ("wadah ZIP rusak atau terpotong pada bita {}", "the ZIP container is damaged or cut off at byte {}"),
    "zip-form": (
        "wadah ZIP diubah: bita {} berbeda dari satu-satunya bentuk yang sah",
        "the ZIP container was changed: byte {} differs from the only valid form",
    ),
    "packed": (
        "entri dimampatkan, dienkripsi, atau memakai perluasan; paket yang sah menyimpan bita apa adanya",
        "the entry is compressed, encrypted or extended; a valid package stores plain bytes",
    ),
    "file-name": ("nama berkas ini tidak boleh ada dalam paket", "a package cannot contain a file with this name"),
    "file-twice": ("berkas muncul dua kali", "the file occurs twice"),
    "file-order": ("urutan berkas diubah", "the order of the files was changed"),
    "file-kind": (
        "bukan berkas biasa (tautan, folder, atau perangkat)",
        "not a regular file (a link, a folder or a device)",
    ),
    "too-large": ("lebih besar dari batas {} bita", "larger than the limit of {} bytes"),
    "file-missing": ("berkas tidak ada dalam paket", "the file is missing in the package"),
    "file-extra": ("berkas tidak tercantum dalam manifes", "the file is not listed in the manifest"),
    "size": ("ukuran berbeda dari manifes ({} bita)", "the size differs from the manifest ({} bytes)"),
    "hash": ("isi diubah: SHA-256 berbeda dari manifes", "the content was changed: SHA-256 differs from the manifest"),
    "gop": (
        "bagian video ini diubah: SHA-256 berbeda dari manifes ({})",
        "this part of the video was changed: SHA-256 differs from the manifest ({})",
    ),
    "gop-range": (
        "bagian video bertumpang tindih, tidak berurutan, atau di luar berkas",
        "the parts of the video overlap, are out of order, or exceed the file",
    ),
    "json-large": ("dokumen JSON terlalu besar", "the JSON document is too large"),
    "json-deep": ("JSON bersarang terlalu dalam", "the JSON is nested too deeply"),
    "json-syntax": ("JSON tidak sah", "invalid JSON"),
    "json-twice": ("satu kunci JSON muncul dua kali", "a key of the JSON occurs twice"),
    "json-number": (
        "angka yang tidak dapat dinyatakan dengan tepat",
        "a number that cannot be represented exactly",
    ),
    "json-text": ("teks bukan Unicode yang sah", "a text is not valid Unicode"),
    "json-form": (
        "bukan bentuk baku RFC 8785: dokumen diubah setelah dibuat",
        "not the canonical form of RFC 8785: the document was changed after it was made",
    ),
    "format": ("format tidak dikenal: {}", "unknown format: {}"),
    "field": ("isian tidak ada, berlebih, atau tidak sah", "the field is missing, unexpected or invalid"),
    "algorithm": ("algoritma tanda tangan tidak dikenal: {}", "unknown signature algorithm: {}"),
    "key-id": (
        "id kunci tidak sesuai dengan kunci publiknya",
        "the id of the key does not belong to its public key",
    ),
    "key-unknown": (
        "ditandatangani dengan kunci {}, yang tidak termasuk kunci tepercaya yang diberikan",
        "signed with the key {}, which is none of the trusted keys given",
    ),
    "key-period": (
        "ditandatangani di luar masa berlaku kunci ({})",
        "signed outside the period of validity of the key ({})",
    ),
    "signature": (
        "tanda tangan tidak cocok: isi diubah atau kunci lain dipakai",
        "the signature does not match: the content was changed, or another key was used",
    ),
    "time-order": ("waktu tidak mungkin: {}", "impossible times: {}"),
    "other-package": ("paket lain: ini adalah {}", "another package: this is {}"),
    "proof-none": (
        "bukti log tidak memuat pembuatan paket ini",
        "the proof of the log does not contain the creation of this package",
    ),
    "destroyed": (
        "menurut log paket ini dimusnahkan tanpa pernah diekspor, tetapi berkasnya ada",
        "the log states that this package was destroyed and never exported, but here it is",
    ),
    "proof-other": ("catatan log ini tentang paket lain", "this entry of the log is about another package"),
    "proof-entry": (
        "catatan tidak ada dalam log dengan akar ini (diubah, disisipkan, atau dipindahkan)",
        "the entry is not in the log with this root (changed, inserted or moved)",
    ),
    "proof-order": ("urutan atau waktu catatan log tidak naik", "order or times of the log's entries do not rise"),
    "late": (
        "dicatat {} setelah disegel: pembuatan paket diberi tanggal mundur",
        "logged {} after it was sealed: the creation of the package was back-dated",
    ),
    "witness-origin": (
        "titik periksa saksi berasal dari log lain ({})",
        "the checkpoint of the witness is of another log ({})",
    ),
    "rollback": (
        "log digulung mundur: saksi telah melihat {} catatan",
        "the log was rolled back: the witness has seen {} entries",
    ),
    "witness-path": (
        "log tidak memuat seluruh log yang dilihat saksi: riwayat ditulis ulang",
        "the log does not contain the log that the witness has seen: its history was rewritten",
    ),
    "witness-missing": (
        "bukti tidak memuat perbandingan dengan titik periksa saksi ({} catatan); minta bukti baru sejak ukuran itu",
        "the proof has no comparison with the checkpoint of the witness ({} entries); ask for one since that size",
    ),
    "back-dated": (
        "catatan diberi tanggal mundur: waktunya tidak cocok dengan titik periksa saksi ({})",
        "the entry was back-dated: its time does not agree with the checkpoint of the witness ({})",
    ),
}
"""Code of a finding -> its text in Indonesian and English. "{}" is the detail."""
