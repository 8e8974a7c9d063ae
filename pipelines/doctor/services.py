"""Checks of the data folder, the database and the Kafka brokers."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.cluster import KafkaCluster
from pipelines.config.settings import Config
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.errors import UserError
from pipelines.logging import without_credentials
from pipelines.store.pool import address_of

ENOUGH_FREE_GB = 5.0
"""Free disk space for events, video and history, in gigabytes [assumption]."""

BYTES_PER_GB = 1e9
"""Bytes of one reported gigabyte."""


def check_services(config: Config, timeout_s: float) -> Iterator[CheckResult]:
    """Check the services of the configuration. timeout_s: longest wait for the database."""
    yield _folder(config.data_dir)
    yield _database(config, timeout_s)
    yield _brokers(config.bus.kafka)


def _folder(data_dir: Path) -> CheckResult:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        trial = data_dir / ".doctor"
        trial.write_text("")
        trial.unlink()
    except OSError as error:
        return CheckResult(
            area="services",
            subject="data_dir",
            message=f"{data_dir}: {error.strerror or error}",
            state=CheckState.PROBLEM,
            advice="set data_dir to a folder that this user may write to",
        )
    free_gb = shutil.disk_usage(data_dir).free / BYTES_PER_GB
    enough = free_gb >= ENOUGH_FREE_GB
    return CheckResult(
        area="services",
        subject="data_dir",
        message=f"{data_dir}: {free_gb:.1f} GB free",
        state=CheckState.OK if enough else CheckState.ADVICE,
        advice="" if enough else f"free some space: events, video and history need {ENOUGH_FREE_GB:g} GB or more",
        facts={"free_gb": round(free_gb, 1)},
    )


def _database(config: Config, timeout_s: float) -> CheckResult:
    if config.store.dsn is None:
        return CheckResult(area="services", subject="database", message="embedded server, under data_dir")
    dsn = config.store.dsn.get_secret_value()
    try:
        address = address_of(dsn)
        with psycopg.connect(dsn, connect_timeout=max(2, round(timeout_s))) as connection:
            row = connection.execute("SELECT current_setting('server_version')").fetchone()
            extension = connection.execute(
                "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
            ).fetchone()
    except psycopg.ProgrammingError:
        return _no_database(
            "store.dsn is no address of a database", "write postgresql://user:password@host:5432/dbname"
        )
    except psycopg.OperationalError as error:
        why = without_credentials(str(error).strip().splitlines()[-1])
        return _no_database(f"{address}: {why}", "check that it runs, and the host, user and password in store.dsn")
    version = row[0] if row else "unknown"
    timescaledb = None if extension is None else str(extension[0])
    return CheckResult(
        area="services",
        subject="database",
        message=f"{address}: PostgreSQL {version}" + (f", TimescaleDB {timescaledb}" if timescaledb else ""),
        state=CheckState.OK if timescaledb else CheckState.ADVICE,
        advice="" if timescaledb else "install TimescaleDB there: reports stay quick as the history grows",
        facts={"postgresql": version, "timescaledb": timescaledb},
    )


def _no_database(message: str, advice: str) -> CheckResult:
    return CheckResult(area="services", subject="database", message=message, state=CheckState.PROBLEM, advice=advice)


def _brokers(kafka: str | None) -> CheckResult:
    if kafka is None:
        return CheckResult(area="services", subject="bus", message="inside the process (simpang run)")
    with suppress(BusUnavailable):
        try:
            KafkaCluster(kafka).require_one()
        except UserError as error:
            return _no_bus(str(error), "correct bus.kafka")
        return CheckResult(area="services", subject="bus", message=f"Kafka at {kafka} accepts connections")
    return _no_bus(f"Kafka at {kafka} accepts no connection", "check that it runs, and the addresses in bus.kafka")


def _no_bus(message: str, advice: str) -> CheckResult:
    return CheckResult(area="services", subject="bus", message=message, state=CheckState.PROBLEM, advice=advice)
