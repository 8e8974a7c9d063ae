"""Steps on incidents over HTTP: order, conflicts, repetitions, rights, merging, and what receivers are sent."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from pipelines.events.schema import IncidentPhase
from portal.incidents import queries, steps
from portal.incidents.queries import IncidentFilter, list_incidents, recent_incidents
from tests.support.portal_events import NOON, ago, incident

ADDRESS = "/api/incidents/laluan-1-001/steps"


def step(name, known_steps=0, **more):
    return {"step": name, "known_steps": known_steps, "request_id": str(uuid4()), **more}


def posted(client, address, body):
    """The answer to a step, repeated as a client does while a busy database answers with 503."""
    for _ in range(20):
        answer = client.post(address, json=body)
        if answer.status_code != 503:
            break
    return answer


@pytest.fixture
def police(signed_in):
    return signed_in("budi")


@pytest.fixture
def operator(signed_in):
    return signed_in("sari")


def test_the_log_has_every_step_in_order_with_time_and_name(police, operator, store):
    store(incident(1))
    begun = datetime.now(UTC)
    assert police.get("/api/incidents/laluan-1-001").json()["handling"] == {
        "state": "new",
        "assignee": None,
        "confirmed": None,
        "merged_into": None,
        "steps": 0,
        "next": ["acknowledged", "assigned", "verified", "rejected", "merged", "noted"],
        "pending": False,
    }, "older than a day"
    taken = [
        (police, {"step": "acknowledged"}),
        (operator, {"step": "assigned", "assignee": " Patroli 3 "}),
        (police, {"step": "verified", "note": "truk mogok"}),
        (police, {"step": "dispatched"}),
        (operator, {"step": "cleared"}),
    ]
    for known, (client, content) in enumerate(taken):
        answer = client.post(ADDRESS, json=step(content.pop("step"), known, **content))
        assert answer.status_code == 200, answer.text
        assert answer.json()["handling"]["pending"] == (known < 4)
    assert (answer.json()["handling"]["state"], answer.json()["handling"]["confirmed"]) == ("cleared", True)
    log = police.get(ADDRESS).json()
    assert [(row["n"], row["step"], row["state"], row["by"], row["note"]) for row in log["steps"]] == [
        (1, "acknowledged", "acknowledged", "budi", ""),
        (2, "assigned", "assigned", "sari", ""),
        (3, "verified", "verified", "budi", "truk mogok"),
        (4, "dispatched", "dispatched", "budi", ""),
        (5, "cleared", "cleared", "sari", ""),
    ]
    assert {row["assignee"] for row in log["steps"][1:]} == {"Patroli 3"}
    times = [datetime.fromisoformat(row["at"]) for row in log["steps"]]
    assert [begun - timedelta(seconds=5), *times] == sorted([begun - timedelta(seconds=5), *times])
    assert (datetime.fromisoformat(log["seen_at"]), log["alerted_at"]) == (NOON + timedelta(seconds=1), None)


def test_of_steps_at_once_one_is_stored_and_the_others_name_it(police, operator, store):
    store(incident(1))
    with ThreadPoolExecutor(8) as threads:
        clients = [police, operator] * 4
        answers = list(threads.map(lambda client: posted(client, ADDRESS, step("acknowledged")), clients))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    (by,) = {answer.json()["detail"].split()[1] for answer in answers if answer.status_code == 409}
    (logged,) = police.get(ADDRESS).json()["steps"]
    assert logged["by"] == by
    late = police.post(ADDRESS, json=step("rejected", 0, note="bayangan"))
    assert late.status_code == 409
    assert f"Meanwhile {by} changed this incident: acknowledged at" in late.json()["detail"]
    assert police.post(ADDRESS, json=step("noted", 7, note="?")).status_code == 409
    assert len(police.get(ADDRESS).json()["steps"]) == 1


def test_a_repeated_request_adds_one_step(police, operator, store):
    store(incident(1), incident(2))
    sent = step("verified")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: posted(police, ADDRESS, sent), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert police.post(ADDRESS, json=step("cleared", 1)).status_code == 200
    again = police.post(ADDRESS, json=sent)
    assert (again.status_code, again.json()["handling"]["state"]) == (200, "cleared"), "the present state"
    assert len(police.get(ADDRESS).json()["steps"]) == 2
    others = [
        (police, ADDRESS, {"step": "noted", "note": "x"}),
        (police, ADDRESS, {"note": "x"}),
        (operator, ADDRESS, {}),
        (police, "/api/incidents/laluan-1-002/steps", {}),
    ]
    for client, address, change in others:
        answer = client.post(address, json={**sent, **change})
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "This request_id belongs to another step; give each step its own.",
        )


def test_a_repetition_of_a_request_that_is_under_way_adds_nothing(police, store, pool, monkeypatch):
    """The first one is stored after the second was compared with the stored steps, and before it reads the state."""
    store(incident(1))
    sent = step("acknowledged")
    first = []
    read = steps._handling

    def read_late(connection, incident_id):
        if not first:
            first.append("in time")
            first[:] = [police.post(ADDRESS, json=sent).status_code]
        return read(connection, incident_id)

    monkeypatch.setattr(steps, "_handling", read_late)
    assert (police.post(ADDRESS, json=sent).status_code, first) == (200, [200])
    assert len(police.get(ADDRESS).json()["steps"]) == 1


def test_repetitions_of_a_step_with_empty_parts_are_recognised(police, store):
    store(incident(1))
    sent = step("acknowledged", assignee="", merged_into=" ")
    assert [police.post(ADDRESS, json=sent).status_code for _ in range(2)] == [200, 200]
    assert police.get(ADDRESS).json()["steps"][0]["assignee"] is None


@pytest.mark.parametrize(("closed", "note"), [("cleared", ""), ("rejected", "bayangan")])
def test_an_incident_is_merged_into_an_open_one_only(police, store, closed, note):
    store(incident(1), incident(2))
    other = "/api/incidents/laluan-1-002/steps"
    police.post(other, json=step("acknowledged"))
    assert police.post(other, json=step(closed, 1, note=note)).status_code == 200
    answer = police.post(ADDRESS, json=step("merged", merged_into="laluan-1-002"))
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"merged_into: that incident is {closed}; reopen it first, or give an open one."
    assert police.post(other, json=step("reopened", 2)).status_code == 200
    assert police.post(ADDRESS, json=step("merged", merged_into="laluan-1-002")).status_code == 200


def test_repetitions_of_steps_with_parts_are_recognised_after_later_steps(police, store):
    store(incident(1), incident(2))
    sent = [
        step("assigned", 0, assignee="Patroli 3"),
        step("noted", 1, note="macet"),
        step("merged", 2, merged_into="laluan-1-002"),
        step("noted", 3, note="sama"),
    ]
    for body in [*sent, *sent]:
        assert police.post(ADDRESS, json=body).status_code == 200
    assert len(police.get(ADDRESS).json()["steps"]) == 4


def test_planners_and_the_public_can_neither_handle_incidents_nor_see_the_log(anonymous, signed_in, store):
    store(incident(1))
    for client, code in ((anonymous, 401), (signed_in("rina"), 403)):
        assert client.post(ADDRESS, json=step("acknowledged")).status_code == code
        assert client.get(ADDRESS).status_code == code
    assert signed_in("sari").get(ADDRESS).json()["steps"] == []


def test_an_incident_that_does_not_exist_has_no_steps(police, store):
    store(incident(1, camera_id="gone"))
    for address in ("/api/incidents/tidak-ada/steps", "/api/incidents/gone-001/steps"):
        assert police.post(address, json=step("acknowledged")).status_code == 404
        assert police.get(address).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        step("hilang"),
        step("acknowledged", -1),
        step("acknowledged", 2**31),
        step("acknowledged", note="a\x00b"),
        step("acknowledged", note="a" * 1001),
        step("acknowledged", other=1),
        step("acknowledged", assignee="Patroli 3"),
        step("acknowledged") | {"request_id": "1"},
        step("rejected"),
        step("rejected", note="  \n "),
        step("noted"),
        step("assigned"),
        step("assigned", assignee="  "),
        step("merged"),
        step("merged", merged_into=""),
    ],
)
def test_a_malformed_step_is_refused_with_one_sentence(police, store, body):
    store(incident(1))
    answer = police.post(ADDRESS, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].endswith(".")
    assert police.get(ADDRESS).json()["steps"] == []


def test_half_a_character_is_refused_as_text(police, store):
    store(incident(1))
    body = json.dumps(step("noted", note="x")).replace('"x"', '"\\ud800"')
    answer = police.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert police.get(ADDRESS).json()["steps"] == []


def test_a_step_out_of_order_is_refused_with_the_possible_ones(police, store):
    store(incident(1))
    answer = police.post(ADDRESS, json=step("dispatched"))
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "An incident that is new cannot be dispatched; possible: acknowledged, assigned, verified, rejected, merged,"
        " noted.",
    )


def test_merged_incidents_form_no_circle(police, operator, store):
    store(*(incident(n) for n in (1, 2, 3)), incident(4, camera_id="gone"))

    def merge(client, one, into, known=0):
        address = f"/api/incidents/laluan-1-00{one}/steps"
        return posted(client, address, step("merged", known, merged_into=into))

    for into in ("laluan-1-001", "tidak-ada", "gone-004"):
        answer = merge(police, 1, into)
        assert (answer.status_code, answer.json()["detail"]) == (
            422,
            "merged_into: there is no other incident with this id.",
        )
    with ThreadPoolExecutor(2) as threads:
        pairs = [(police, 1, "laluan-1-002"), (operator, 2, "laluan-1-001")]
        answers = list(threads.map(lambda pair: merge(*pair), pairs))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    gone, left = (1, 2) if answers[0].status_code == 200 else (2, 1)
    assert "is itself merged into" in merge(police, 3, f"laluan-1-00{gone}").json()["detail"]
    assert merge(police, 3, f"laluan-1-00{left}").json()["handling"]["merged_into"] == f"laluan-1-00{left}"
    reopened = police.post(f"/api/incidents/laluan-1-00{gone}/steps", json=step("reopened", 1)).json()["handling"]
    assert (reopened["state"], reopened["merged_into"]) == ("acknowledged", None)


def test_pending_are_open_incidents_of_a_day_and_those_that_were_begun(police, store):
    recent = ago(60)
    store(
        incident(1, detected_at=recent),
        incident(2, detected_at=recent, phase=IncidentPhase.ENDED, end_at=recent),
        incident(3, detected_at=recent),
        incident(4),
        incident(5),
        incident(6),
    )
    for number, taken in ((3, "rejected"), (5, "acknowledged"), (6, "verified"), (6, "cleared")):
        known = 1 if taken == "cleared" else 0
        body = step(taken, known, **({"note": "bayangan"} if taken == "rejected" else {}))
        assert police.post(f"/api/incidents/laluan-1-00{number}/steps", json=body).status_code == 200
    for pending, numbers in ((True, {1, 2, 5}), (False, {3, 4, 6})):
        found = police.get("/api/incidents", params={"pending": pending}).json()["incidents"]
        assert {int(row["id"][-3:]) for row in found} == numbers
        assert {row["handling"]["pending"] for row in found} == {pending}


def test_pending_incidents_are_found_without_reading_those_of_years(police, store, pool):
    """EXPLAIN counts the rows that a request read."""
    store(incident(1, detected_at=ago(60)), incident(2), incident(3))
    assert police.post("/api/incidents/laluan-1-002/steps", json=step("acknowledged")).status_code == 200
    with pool.connection() as connection, connection.transaction(force_rollback=True):
        connection.execute(
            "INSERT INTO incidents SELECT (jsonb_populate_record(one, jsonb_build_object('incident_id', 'old-' || n,"
            " 'detected_at', now() - interval '2 days' - n * interval '1 minute'))).*"
            " FROM incidents AS one, generate_series(1, 10000) AS n WHERE incident_id = 'laluan-1-003'"
        )
        connection.execute("ANALYZE incidents, incident_steps")
        found = list_incidents(connection, IncidentFilter(cameras=["laluan-1"], pending=True), 1000)
        assert [row.incident_id for row in found] == ["laluan-1-001", "laluan-1-002"]
        values = {"cameras": ["laluan-1"], "pending_since": ago(86_400), "visible": [], "limit": 1000, "pending": True}
        names = ("type", "from_at", "to_at", "open", "before_at", "before_id")
        query = f"EXPLAIN (ANALYZE, FORMAT JSON) {queries._LIST_OF_PENDING}"
        ((plan,),) = connection.execute(query, values | dict.fromkeys(names)).fetchall()
    assert rows_read(plan[0]["Plan"]) < 100


def rows_read(node):
    own = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return own + sum(rows_read(child) for child in node.get("Plans", ()))


def test_a_step_makes_an_old_incident_recent_for_open_pages(police, store, pool):
    store(incident(1), incident(2))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert police.post(ADDRESS, json=step("acknowledged")).status_code == 200
    with pool.connection() as connection:
        (row,) = recent_incidents(connection, ["laluan-1"], since)
        assert row == list_incidents(connection, IncidentFilter(cameras=["laluan-1"], pending=True), 9)[0]
    assert (row.incident_id, row.handling.state, row.steps) == ("laluan-1-001", "acknowledged", 1)


def test_open_pages_are_notified_of_a_step_at_once(police, store, pool):
    store(incident(1))
    with pool.connection() as connection:
        connection.autocommit = True
        connection.execute("LISTEN simpang")
        assert police.post(ADDRESS, json=step("acknowledged")).status_code == 200
        (notice,) = connection.notifies(timeout=10, stop_after=1)
        connection.execute("UNLISTEN *")
        connection.autocommit = False
    assert notice.payload == '{"kinds": ["incident"], "camera_ids": ["laluan-1"]}'


@pytest.mark.parametrize("change", ["DELETE FROM incident_steps", "UPDATE incident_steps SET taken_by = 'rina'"])
def test_stored_steps_cannot_be_changed(police, store, pool, change):
    store(incident(1))
    police.post(ADDRESS, json=step("acknowledged"))
    with (
        pool.connection() as connection,
        pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only added"),
    ):
        connection.execute(change)
    assert [row["by"] for row in police.get(ADDRESS).json()["steps"]] == ["budi"]
