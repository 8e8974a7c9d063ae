"""Evidence over HTTP: for police alone, and each access in the log of custody."""

import pytest

from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.verify_command import verify
from tests.support.evidence import sealed
from tests.support.portal_events import incident

BASE = "/api/incidents/laluan-1-001"
"""Incident with a package; 002 has none."""


@pytest.fixture
def evidence(store, config):
    store(incident(1), incident(2))
    made = EvidenceStore(config.data_dir / "evidence")
    sealed(made, "laluan-1-001")
    return made


def test_police_get_a_package_that_verifies_and_the_log_states_why(evidence, signed_in, tmp_path):
    police = signed_in("budi")
    assert police.get(BASE).json()["evidence_sheet"] == f"{BASE}/evidence.html"
    assert police.get("/api/incidents/laluan-1-002").json()["evidence_sheet"] is None
    sheet = police.get(f"{BASE}/evidence.html")
    assert sheet.headers["content-type"].startswith("text/html")
    assert "SNI ISO/IEC 27037" in sheet.text and "dilihat" in sheet.text and "Jl. Sudirman" in sheet.text
    assert police.get(f"{BASE}/evidence.zip").status_code == 422, "without a reason"
    assert police.get(f"{BASE}/evidence.zip", params={"reason": "a\nb\n"}).status_code == 422
    assert police.head(f"{BASE}/evidence.zip", params={"reason": "LP/12/2026"}).status_code == 200
    answer = police.get(f"{BASE}/evidence.zip", params={"reason": "LP/12/2026"})
    assert answer.headers["content-type"] == "application/zip"
    names = {name: tmp_path / name for name in ("laluan-1-001.evidence.zip", "keyring.json", "custody.json")}
    names["laluan-1-001.evidence.zip"].write_bytes(answer.content)
    for name in ("keyring.json", "custody.json"):
        names[name].write_bytes(police.get(f"{BASE}/{name}").content)
    package, key, proof = names.values()
    verdict = verify(package, [key], proof=proof)
    assert verdict.findings == ()
    acts = [(entry["action"], entry["actor"], entry["reason"]) for entry in evidence.log.entries("laluan-1-001")]
    assert acts[1:] == [("viewed", "budi", ""), ("exported", "budi", "LP/12/2026")]


@pytest.mark.parametrize("name", ["evidence.html", "evidence.zip?reason=LP12", "custody.json", "keyring.json"])
def test_evidence_is_for_police_and_of_incidents_with_a_package(evidence, anonymous, signed_in, name):
    assert anonymous.get(f"{BASE}/{name}").status_code == 401
    assert signed_in("rina").get(f"{BASE}/{name}").status_code == 403
    missing = signed_in("budi").get(f"/api/incidents/laluan-1-002/{name}")
    assert (missing.status_code, missing.json()["detail"]) == (404, "No evidence of this incident is stored.")
    assert [entry["action"] for entry in evidence.log.entries()] == ["created"]
