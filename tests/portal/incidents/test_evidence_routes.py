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
    assert police.head(f"{BASE}/evidence.html").status_code == 200, "not logged"
    assert police.get(f"{BASE}/evidence.zip", params={"reason": "LP/12/2026"}).status_code == 405, "a link logs nothing"
    for reason in ({}, {"reason": "a\nb\n"}, {"reason": "ab"}, {"reason": "x" * 201}):
        assert police.post(f"{BASE}/evidence.zip", data=reason).status_code == 422
    other_site = {"Sec-Fetch-Site": "cross-site"}
    foreign = police.post(f"{BASE}/evidence.zip", data={"reason": "LP/12/2026"}, headers=other_site)
    assert foreign.status_code == 403
    answer = police.post(f"{BASE}/evidence.zip", data={"reason": "LP/12/2026"})
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


def test_no_sheet_is_made_of_a_package_that_was_changed(evidence, signed_in):
    """Its manifest is signed with the right key, but not the one that the log knows."""
    police = signed_in("budi")
    path = evidence.path_of("laluan-1-001")
    right = path.read_bytes()
    other = EvidenceStore(path.parent.with_name("other"))
    for changed in (sealed(other, "laluan-1-001", seed=1).read_bytes(), right[:-1], right.replace(b"id", b"ID", 1)):
        path.write_bytes(changed)
        answer = police.get(f"{BASE}/evidence.html")
        assert answer.status_code == 409 and answer.json()["detail"].startswith("Paket bukti ini rusak")
    path.unlink()
    assert police.get(f"{BASE}/evidence.html").status_code == 404
    path.write_bytes(right)
    assert police.get(f"{BASE}/evidence.html").status_code == 200


@pytest.mark.parametrize(
    ("method", "name"),
    [("GET", "evidence.html"), ("POST", "evidence.zip"), ("GET", "custody.json"), ("GET", "keyring.json")],
)
def test_evidence_is_for_police_and_of_incidents_with_a_package(evidence, anonymous, signed_in, method, name):
    form = {"data": {"reason": "LP12"}} if method == "POST" else {}
    assert anonymous.request(method, f"{BASE}/{name}", **form).status_code == 401
    assert signed_in("rina").request(method, f"{BASE}/{name}", **form).status_code == 403
    missing = signed_in("budi").request(method, f"/api/incidents/laluan-1-002/{name}", **form)
    assert (missing.status_code, missing.json()["detail"]) == (404, "No evidence of this incident is stored.")
    assert [entry["action"] for entry in evidence.log.entries()] == ["created"]
