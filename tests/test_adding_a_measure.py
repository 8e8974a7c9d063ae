"""The example of docs/adding-a-measure.md, applied to a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.store.migrate import migrations

pytestmark = pytest.mark.slow  # a process of its own

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs" / "adding-a-measure.md"
PACKAGES = ("analytics", "models", "pipelines", "portal", "docs")
GENERATED = {"docs/events.md", "docs/events/counts.schema.json"}
"""Files that commands write. The third, the types of `portal/web`, needs Node."""
MOST_FILES = 3
"""Files that are written by hand for a new measure. [requirement: one definition of each measure]"""

WRITE_CONTRACTS = """
from pipelines.commands.contracts import contracts
contracts(["docs/events"])
"""
FOLLOW_A_VALUE = """
import sys
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from analytics.camera import Camera, Zone
from analytics.facts import Coverage, Level
from analytics.flow.edie_totals import EdieTotals
from analytics.flow.zone_intervals import ZoneIntervalAggregator
from pipelines.config.settings import Config, StoreConfig
from pipelines.events.mapping import EventMapper
from pipelines.events.schema import Event
from pipelines.store.pool import open_database
from pipelines.store.writer import EventWriter
from pipelines.store.history.bucket_queries import BucketRange
from portal.history.csv_table import as_csv
from portal.history.rows import zone_history
from portal.openapi import openapi_document
from zoneinfo import ZoneInfo

start = datetime(2026, 11, 29, 5, 0, tzinfo=UTC)
zone = Zone(id="masuk", polygon=((0, 0), (100, 0), (100, 100), (0, 100)), direction=(1, 0))
aggregator = ZoneIntervalAggregator([zone], None)
totals = EdieTotals.zeros(1)
totals.add(0, 0, seconds=90, metres=0)
aggregator.add(totals)
minute = Coverage(start_s=start.timestamp(), end_s=start.timestamp() + 60, observed_s=60)
facts = [*aggregator.close(minute, [Level.FREE], [None]), minute]
(counts,) = EventMapper(Camera(id="kda-1", image_size=(640, 360), zones=(zone,))).events(facts)
event = Event.model_validate_json(Event.wrap(counts, start).model_dump_json())
with open_database(Config(store=StoreConfig(dsn=SecretStr(sys.argv[1]))), max_connections=1) as pool:
    EventWriter(pool).write([event])
    with pool.connection() as connection:
        span = BucketRange(camera_id="kda-1", edges=[start, start + timedelta(minutes=1)], interval_s=60)
        rows = zone_history(connection, span, "masuk")
assert [row.vehicles_mean for row in rows] == [1.5], rows
header, values = (line.strip().split(",") for line in as_csv(rows, ZoneInfo("Asia/Jakarta")))
assert values[header.index("vehicles_mean")] == "1.5", values
assert "vehicles_mean" in openapi_document()["components"]["schemas"]["HistoryRow"]["properties"]
"""


def example() -> str:
    """The diff of the document, with the number of the next migration."""
    (diff,) = re.findall(r"^```diff\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(diff).replace("NNNN", f"{len(migrations()) + 1:04d}")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("node_modules", "static", "__pycache__", "*.bin", "*.webp")
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=ignored)
    return tmp_path


def run(copy: Path, *command: str, standard_input: str | None = None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(
        command,
        check=False,
        cwd=copy,
        env=environment,
        input=standard_input,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_example_reaches_event_table_and_api_with_three_files_by_hand(copy: Path, postgres_dsn: str) -> None:
    before = contents(copy)
    run(copy, "git", "apply", "--unsafe-paths", "-", standard_input=example())
    run(copy, sys.executable, "-m", "pipelines.events.event_reference", "docs/events.md")
    run(copy, sys.executable, "-c", WRITE_CONTRACTS)
    after = contents(copy)
    touched = {path for path in after if after[path] != before.get(path)}
    assert all("vehicles_mean" in after[path].decode() for path in GENERATED)
    assert len(touched - GENERATED) <= MOST_FILES, touched
    run(copy, sys.executable, "-c", FOLLOW_A_VALUE, postgres_dsn)
