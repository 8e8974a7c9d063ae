"""`simpang publish-ckan` against an HTTP server that answers like CKAN."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from portal.open_data.feeds import FEEDS
from tests.support.ckan_server import KEY, Ckan, ckan_portal

CONFIG = """
city: {name: Kota Batam}
portal: {public_url: https://kota.example.id/lalin}
open_data: {licence: CC-BY-4.0, publisher: Dishub Batam, contact_email: data@kota.example.id}
"""
NAME = "lalu-lintas-kota-batam"
Publish = Callable[..., str]


@pytest.fixture
def portal() -> Iterator[tuple[Ckan, str]]:
    with ckan_portal() as found:
        yield found


@pytest.fixture
def ckan(portal: tuple[Ckan, str]) -> Ckan:
    return portal[0]


@pytest.fixture
def publish(
    portal: tuple[Ckan, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Publish:
    """`publish("--dry-run", config=..., key=..., url=...)`: what the command prints."""

    def run(*options: str, config: str = CONFIG, key: str = KEY, url: str = portal[1], code: int = 0) -> str:
        (tmp_path / "kota.yaml").write_text(config)
        monkeypatch.setenv("CKAN_API_KEY", key)
        ended: Any = 0
        try:
            main(["publish-ckan", str(tmp_path / "kota.yaml"), "--url", url, "--organization", "dishub", *options])
        except SystemExit as end:
            ended = end.code
        printed = "".join(capsys.readouterr())
        assert ended == code, printed
        return printed

    return run


def resources(ckan: Ckan) -> dict[str, dict[str, Any]]:
    return {resource["url"]: resource for resource in ckan.datasets[NAME]["resources"]}


def test_it_creates_the_dataset_with_its_feeds_and_a_repetition_writes_nothing(ckan: Ckan, publish: Publish) -> None:
    assert publish() == f"{NAME}: created, with 5 resources\n"
    dataset = ckan.datasets[NAME]
    assert (dataset["license_id"], dataset["author"], dataset["owner_org"]) == ("cc-by", "Dishub Batam", "dishub")
    feeds = {f"https://kota.example.id/lalin{feed.path}" for feed in FEEDS if not feed.is_history}
    assert feeds < set(resources(ckan))
    ids = {url: resource["id"] for url, resource in resources(ckan).items()}

    assert publish() == f"{NAME}: unchanged\n"
    assert ckan.writes == ["package_create"]
    assert {url: resource["id"] for url, resource in resources(ckan).items()} == ids


def test_it_changes_only_what_differs_and_keeps_what_others_added(ckan: Ckan, publish: Publish) -> None:
    publish()
    dataset = ckan.datasets[NAME]
    ids = {resource["name"]: resource["id"] for resource in dataset["resources"]}
    dataset["maintainer"] = "Bappeda"
    dataset["tags"].append({"name": "batam"})
    foreign = {"id": "x1", "name": "Laporan", "url": "https://kota.example.id/laporan.pdf"}
    old = {"id": "x2", "name": "Lama", "url": "https://kota.example.id/lalin/api/v1/old.json"}
    dataset["resources"] += [foreign, old]
    moved = CONFIG.replace("kota.example.id/lalin", "lalin.example.id").replace("CC-BY-4.0", "CC0-1.0")
    assert publish(config=moved) == f"{NAME}: changed: license_id, resources, url\n"
    assert ckan.writes == ["package_create", "package_patch"]
    changed = ckan.datasets[NAME]
    assert changed["maintainer"] == "Bappeda"
    assert "batam" in {tag["name"] for tag in changed["tags"]}
    assert foreign["url"] in resources(ckan)
    assert {resource["name"]: resource["id"] for resource in changed["resources"] if resource["name"] in ids} == ids
    assert all(
        resource["url"].startswith("https://lalin.example.id/")
        for resource in changed["resources"]
        if resource["name"] in ids
    )


def test_a_feed_that_is_no_longer_published_is_left_out(ckan: Ckan, publish: Publish) -> None:
    publish()
    old = "https://kota.example.id/lalin/api/v1/old.json"
    ckan.datasets[NAME]["resources"].append({"id": "x2", "name": "Lama", "url": old})
    assert publish() == f"{NAME}: changed: resources\n"
    assert old not in resources(ckan)


def test_a_dry_run_reports_and_writes_nothing_also_without_a_key(ckan: Ckan, publish: Publish) -> None:
    assert publish("--dry-run", key="") == f"{NAME}: would be created, with 5 resources\n"
    publish()
    ckan.datasets[NAME]["title"] = "Lalin"
    assert publish("--dry-run", key="") == f"{NAME}: would be changed: title\n"
    assert ckan.writes == ["package_create"]


@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        ([], {"key": "salah"}, "the key is missing or has no right to it; give one in CKAN_API_KEY"),
        (["--dataset", "Lalu Lintas"], {}, "package_create was refused: name: ['Must be purely lowercase"),
        ([], {"config": "city: {name: A}"}, "portal.public_url: a dataset names addresses of the portal"),
        ([], {"config": CONFIG.replace("licence: CC-BY-4.0, ", "")}, "open_data.licence: give the licence of the data"),
        ([], {"url": "http://data.kota.example.id"}, "the key would be sent unencrypted; give an https address"),
        ([], {"url": "data.kota.example.id"}, "give the address of a CKAN portal"),
        ([], {"url": "http://127.0.0.1:1"}, "no answer"),
    ],
)
def test_a_refusal_is_one_line_with_the_remedy_and_without_the_key(
    publish: Publish, options: list[str], changes: dict[str, Any], message: str
) -> None:
    (line,) = publish(*options, **changes, code=2).splitlines()
    assert message in line
    assert KEY not in line


def test_an_address_that_is_no_ckan_portal_is_one_line(publish: Publish, portal: tuple[Ckan, str]) -> None:
    (line,) = publish(url=f"{portal[1]}/beranda", code=2).splitlines()
    assert "status 404, no answer of the action API of CKAN" in line
