"""Dataset of a CKAN portal (Satu Data) that lists the feeds, and the changes that make an existing one equal to it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.config.open_data_settings import LICENCES
from pipelines.config.settings import Config
from pipelines.errors import UserError
from portal.open_data.feeds import FEEDS, ROOT, publisher_of

PAGE = "/data-terbuka"
"""Page that explains the feeds."""
_TAGS = ("cctv", "lalu-lintas", "transportasi")
"""Tags of the dataset."""
Fields = dict[str, Any]
"""Fields of a dataset or resource, as JSON."""


def dataset_name(config: Config) -> str:
    """Name of the dataset, made of the city's. [source: CKAN: lower case letters, digits, - and _, 2 to 100 of them]

    >>> dataset_name(Config(city={"name": "Kota Batam"}))
    'lalu-lintas-kota-batam'
    """
    words = re.sub(r"[^a-z0-9]+", "-", config.city.name.lower()).strip("-")
    return f"lalu-lintas-{words}"[:100].rstrip("-")


def wanted_dataset(config: Config, name: str, organization: str | None) -> Fields:
    """The dataset as it should be. Raises UserError without a public address or a licence."""
    if config.portal.public_url is None:
        raise UserError("portal.public_url: a dataset names addresses of the portal; give its public address")
    if config.open_data.licence is None:
        raise UserError("open_data.licence: give the licence of the data, such as CC-BY-4.0; open data has one")
    root = config.portal.public_url.rstrip("/")
    city = config.city.name
    dataset: Fields = {
        "name": name,
        "title": f"Lalu lintas {city}",
        "notes": (
            f"Keadaan dan riwayat lalu lintas {city} dari kamera publik. Yang tidak teramati kosong, bukan nol.\n\n"
            f"Current state and history of the traffic of {city} from public cameras. What was not observed is empty, "
            "not zero."
        ),
        "url": root + PAGE,
        "author": publisher_of(config),
        "license_id": LICENCES[config.open_data.licence].ckan_id,
        "state": "active",
        "tags": [{"name": tag} for tag in _TAGS],
        "resources": _resources(root),
    }
    if config.open_data.contact_email is not None:
        dataset["author_email"] = config.open_data.contact_email
    if organization is not None:
        dataset["owner_org"] = organization
    return dataset


def changes_of(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> Fields:
    """Fields of `existing` to replace, so that it has all that is wanted. Tags and resources of others are kept."""
    merged = {
        **wanted,
        "tags": _with_tags(existing.get("tags", ()), wanted["tags"]),
        "resources": _with_resources(existing.get("resources", ()), wanted["resources"]),
    }
    if "owner_org" in wanted and wanted["owner_org"] == existing.get("organization", {}).get("name"):
        del merged["owner_org"]
    return {key: value for key, value in merged.items() if existing.get(key) != value}


def _resources(root: str) -> list[Fields]:
    feeds = [
        {
            "name": feed.title["id"],
            "url": root + feed.path,
            "format": feed.format,
            "mimetype": feed.media_type,
            "description": f"{feed.description['id']}\n\n{feed.description['en']}",
        }
        for feed in FEEDS
        if not feed.is_history
    ]
    pages = [
        ("Riwayat (CSV, Parquet)", PAGE, "HTML", "text/html", "Per kamera. By camera: see the examples on the page."),
        ("OpenAPI", "/openapi.json", "OpenAPI", "application/json", "Uraian untuk program. Description for programs."),
    ]
    return feeds + [
        {"name": name, "url": root + path, "format": kind, "mimetype": media_type, "description": text}
        for name, path, kind, media_type, text in pages
    ]


def _with_tags(existing: Sequence[Mapping[str, Any]], wanted: Sequence[Fields]) -> list[Mapping[str, Any]]:
    known = {tag["name"] for tag in existing}
    return [*existing, *(tag for tag in wanted if tag["name"] not in known)]


def _with_resources(existing: Sequence[Mapping[str, Any]], wanted: Sequence[Fields]) -> list[Mapping[str, Any]]:
    """The resources in their order, each of ours with its id, without those of feeds that are no longer published."""
    left = list(wanted)
    merged: list[Mapping[str, Any]] = []
    for resource in existing:
        ours = next((new for new in left if _is_same(resource, new)), None)
        if ours is not None:
            left.remove(ours)
            merged.append({**resource, **ours})
        elif not any(f"{ROOT}/" in str(resource.get("url")) and _site(resource) == _site(new) for new in wanted):
            merged.append(resource)
    return [*merged, *left]


def _is_same(resource: Mapping[str, Any], ours: Fields) -> bool:
    """Whether a resource is ours: the address is the same, or it has moved and the name is the same."""
    return bool(resource.get("url") == ours["url"] or resource.get("name") == ours["name"])


def _site(resource: Mapping[str, Any]) -> str:
    return str(resource.get("url")).split(ROOT, maxsplit=1)[0]
