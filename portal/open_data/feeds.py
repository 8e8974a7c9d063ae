"""The feeds of the open data: addresses, formats and texts. The page, the API and `simpang publish-ckan` list these."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from pipelines.config.open_data_settings import LICENCES
from pipelines.config.settings import Config, PublicText
from portal.cameras.catalogue import CatalogueEntry
from portal.open_data.parquet_table import can_write_parquet
from portal.open_data.schemas import DataLicence, FeedEntry, FeedList

ROOT = "/api/v1"
"""Path of the present version. Fields are added to it; a field is only removed or changed in another version."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. is_history: it needs a camera and a gate or zone in its query."""

    id: str
    file: str
    media_type: str
    format: str
    standard: str | None
    title: PublicText
    description: PublicText
    is_history: bool = False

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.file}"


FEEDS = (
    Feed(
        id="state",
        file="state.geojson",
        media_type="application/geo+json",
        format="GeoJSON",
        standard="https://www.rfc-editor.org/rfc/rfc7946",
        title={"id": "Keadaan lalu lintas sekarang", "en": "Current state of traffic"},
        description={
            "id": "Setiap kamera sebagai titik dan setiap zona sebagai garis: tingkat kepadatan, arus, kecepatan, "
            "status kamera, penyebab gangguan, dan waktu pengamatan terakhir.",
            "en": "Each camera as a point and each zone as a line: level, flow, speed, status of the camera, "
            "cause of a failure, and the time of the last observation.",
        },
    ),
    Feed(
        id="history-csv",
        file="history.csv",
        media_type="text/csv",
        format="CSV",
        standard=None,
        title={"id": "Riwayat (CSV)", "en": "History (CSV)"},
        description={
            "id": "Jumlah kendaraan per jenis, arus, kecepatan, dan kepadatan satu gerbang atau zona, per menit "
            "hingga per hari. Sel kosong berarti tidak teramati, bukan nol.",
            "en": "Vehicles by class, flow, speed and level of one gate or zone, by minute to day. An empty cell means "
            "not observed, not zero.",
        },
        is_history=True,
    ),
    Feed(
        id="history-parquet",
        file="history.parquet",
        media_type="application/vnd.apache.parquet",
        format="Parquet",
        standard="https://parquet.apache.org/docs/file-format/",
        title={"id": "Riwayat (Parquet)", "en": "History (Parquet)"},
        description={
            "id": "Angka yang sama seperti CSV, dengan tipe kolom, untuk pandas, polars, DuckDB, atau R.",
            "en": "The same figures as the CSV, with types of the columns, for pandas, polars, DuckDB or R.",
        },
        is_history=True,
    ),
    Feed(
        id="traffic-flow",
        file="traffic-flow.jsonld",
        media_type="application/ld+json",
        format="NGSI-LD",
        standard="https://github.com/smart-data-models/dataModel.Transportation/tree/master/TrafficFlowObserved",
        title={"id": "Arus di gerbang, lima menit terakhir", "en": "Flow at the gates, last five minutes"},
        description={
            "id": "TrafficFlowObserved untuk setiap arah setiap gerbang, bagi platform kota cerdas.",
            "en": "TrafficFlowObserved of each direction of each gate, for smart-city platforms.",
        },
    ),
    Feed(
        id="devices",
        file="devices.geojson",
        media_type="application/geo+json",
        format="WZDx DeviceFeed 4.2",
        standard="https://github.com/usdot-jpo-ode/wzdx/blob/main/schemas/4.2/DeviceFeed.json",
        title={"id": "Kamera sebagai perangkat", "en": "Cameras as devices"},
        description={
            "id": "Letak dan status setiap kamera dalam format WZDx, bagi aplikasi navigasi.",
            "en": "Place and status of each camera in the format WZDx, for navigation applications.",
        },
    ),
)
"""All feeds, in the order of the page."""


def publisher_of(config: Config) -> str:
    """Organisation that publishes the data."""
    return config.open_data.publisher or config.city.name


def attribution_of(config: Config) -> str:
    """Words with which users of the data name its source."""
    return config.open_data.attribution or publisher_of(config)


def licence_of(config: Config) -> DataLicence | None:
    """Licence of the data; None where the city states none."""
    spdx = config.open_data.licence
    return None if spdx is None else DataLicence(id=spdx, name=LICENCES[spdx].name, url=LICENCES[spdx].url)


def feed_list(config: Config, public: Iterable[CatalogueEntry]) -> FeedList:
    """All feeds. public: the public cameras, of which the first with a gate or a zone is the example of history."""
    query = _history_query(public)
    return FeedList(
        publisher=publisher_of(config),
        attribution=attribution_of(config),
        contact_email=config.open_data.contact_email,
        licence=licence_of(config),
        openapi="/openapi.json",
        feeds=[_entry(feed, query) for feed in FEEDS if feed.id != "history-parquet" or can_write_parquet()],
    )


def _entry(feed: Feed, history_query: str | None) -> FeedEntry:
    example = None if history_query is None else f"{feed.path}?{history_query}"
    return FeedEntry(
        id=feed.id,
        path=feed.path,
        example=example if feed.is_history else feed.path,
        media_type=feed.media_type,
        format=feed.format,
        standard=feed.standard,
        title=feed.title,
        description=feed.description,
    )


def _history_query(public: Iterable[CatalogueEntry]) -> str | None:
    """Query of a day of history, of a gate rather than a zone: gates count vehicles."""
    entries = list(public)
    entry = next((entry for entry in entries if entry.gates), entries[0] if entries else None)
    if entry is None:
        return None
    place = ("gate", entry.gates[0]) if entry.gates else ("zone", entry.zones[0])
    return urlencode([("camera", entry.id), place, ("interval", "900")])
