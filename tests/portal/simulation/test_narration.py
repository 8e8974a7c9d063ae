"""Narration of a simulated city; a real city has none."""

import json

import httpx
import pytest

from pipelines.config.settings import CityConfig
from tests.support.portal import serving
from tests.support.servers import wait_until
from tests.support.sse import listening


def line(camera_id, text="a cable is cut", at="2026-11-23T04:00:00Z"):
    return json.dumps({"at": at, "camera_id": camera_id, "text": {"id": "kabel putus", "en": text}}) + "\n"


@pytest.fixture
def story(tmp_path):
    return tmp_path / "narration.jsonl"


@pytest.fixture
def config(config, story):
    portal = config.portal.model_copy(update={"narration": story})
    return config.model_copy(update={"portal": portal, "city": CityConfig(name="Batam", simulated=True)})


def narrated(client):
    return [(event["camera_name"], event["text"]["en"]) for event in client.get("/api/narration").json()["events"]]


def test_lines_are_sent_when_they_are_complete(anonymous, story):
    assert narrated(anonymous) == []
    with listening(anonymous) as stream:
        story.write_text(line("laluan-1") + line(None, "night falls")[:20])
        event = stream.until(lambda name, data: name == "narration")
        assert event["camera_name"] == "Laluan utara"
        story.write_text(line("laluan-1") + line(None, "night falls"))
        assert stream.until(lambda name, data: name == "narration")["text"]["en"] == "night falls"
    assert narrated(anonymous) == [("Laluan utara", "a cable is cut"), (None, "night falls")]


def test_events_of_a_hidden_camera_are_sent_to_signed_in_users_only(anonymous, signed_in, story):
    story.write_text(line("kantor") + line("laluan-1", "last"))
    wait_until(lambda: narrated(anonymous), "the narration to be read")
    assert narrated(anonymous) == [("Laluan utara", "last")]
    assert narrated(signed_in("rina")) == [("Kantor", "a cable is cut"), ("Laluan utara", "last")]


def test_unreadable_line_is_skipped(anonymous, story):
    story.write_text("{nonsense}\n" + line("laluan-1"))
    wait_until(lambda: narrated(anonymous), "the narration to be read")
    assert len(narrated(anonymous)) == 1


def test_city_is_marked_as_simulated(anonymous):
    assert anonymous.get("/api/city").json()["simulated"] is True


def test_real_city_has_no_narration(config, pool):
    real = config.model_copy(update={"portal": config.portal.model_copy(update={"narration": None})})
    with serving(real, pool) as address, httpx.Client(base_url=address, trust_env=False) as client:
        assert narrated(client) == []
