"""The sheet states in Indonesian what a worker wrote in English."""

import pytest

from analytics.facts import IncidentType
from pipelines.evidence.clip_file import ClipPacket
from pipelines.evidence.gaps import gaps_of
from pipelines.evidence.machine_clock import clock_accuracy
from portal.incidents.evidence_words import INDONESIAN, indonesian

PACKETS = [ClipPacket(b"", number, number, number == 0, at) for number, at in enumerate((3.0, 6.0))]


@pytest.mark.parametrize(
    "text",
    [
        *(gap["cause"] for packets in (None, PACKETS) for gap in gaps_of(0, 10, packets)),
        *(f"incident: {kind}" for kind in IncidentType),
        clock_accuracy(),
        "not measured: time synchronisation (adjtimex), at most 0.250 s wrong",
        "older than 0.5 days",
    ],
)
def test_texts_of_a_worker_have_indonesian_words(text: str) -> None:
    assert indonesian(text) != text and "{" not in indonesian(text)


def test_numbers_are_kept() -> None:
    assert all(text.count("{}") == words.count("{}") for text, words in INDONESIAN.items())
    assert indonesian("not measured: time synchronisation (adjtimex), at most 0.250 s wrong").endswith(" 0.250 detik")
