"""Checks of the data folder, the database and the Kafka brokers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from pipelines.addresses.address import Address
from pipelines.addresses.dsn import address_of
from pipelines.alerts.channels.webhook import webhook_url
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.cluster import RIGHTS, KafkaCluster
from pipelines.bus.kafka.security import Security
from pipelines.config.bus_settings import BusConfig
from pipelines.config.settings import Config, WebhookConfig
from pipelines.doctor.check import CheckResult, CheckState
from pipelines.errors import UserError
from pipelines.events.registered_camera import CAMERA_TOPIC
from pipelines.store.database_errors import NO_ANSWER, REFUSALS, one_line, refusal_for, sqlstate_of_connection
from pipelines.store.migrate import schema_status
from pipelines.store.pool import complete_dsn

ENOUGH_FREE_GB = 5.0
"""Free disk space for events, video and history, in gigabytes [assumption]."""

BYTES_PER_GB = 1e9
"""Bytes of one reported gigabyte."""

_PROPERTIES = """
SELECT current_setting('server_version'), current_setting('server_encoding'),
    (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
    pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
    has_schema_privilege(coalesce(current_schema(), 'public'), 'CREATE')
"""
"""Version, encoding, version of TimescaleDB, whether it is read-only, and whether the user may create tables."""


def check_services(config: Config, timeout_s: float) -> Iterator[CheckResult]:
    """Check the services of the configuration. timeout_s: longest wait for the database."""
    yield _folder(config.data_dir)
    yield _database(config, timeout_s)
    brokers = _brokers(config.bus)
    yield brokers
    bus = config.bus
    if bus.kafka is not None and bus.worker_group is not None and brokers.state is not CheckState.PROBLEM:
        yield _registry(KafkaCluster(bus.kafka, Security.of(bus)), bus.worker_group)
    yield from map(_webhook, config.webhooks)


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
    try:
        conninfo = complete_dsn(config.store.dsn.get_secret_value())
    except UserError as error:
        message, _, advice = str(error).partition("; ")
        return _no_database(message, advice)
    address = address_of(conninfo)
    try:
        with psycopg.connect(conninfo, connect_timeout=max(2, round(timeout_s))) as connection:
            row = connection.execute(_PROPERTIES).fetchone()
            schema_status(connection)
    except UserError as error:
        message, _, advice = str(error).partition("; ")
        return _no_database(f"{address}: {message}", advice)
    except psycopg.Error as error:
        sqlstate = error.sqlstate
        if isinstance(error, psycopg.OperationalError):
            sqlstate = sqlstate_of_connection(conninfo, error)
        refusal = refusal_for(sqlstate)
        advice = refusal.remedy if refusal else NO_ANSWER
        return _no_database(f"{address}: {one_line(error)}", advice)
    assert row is not None
    version, encoding, timescaledb, read_only, may_create = row
    state, advice = CheckState.OK, ""
    if encoding != "UTF8":
        state, advice = CheckState.PROBLEM, f"its encoding is {encoding}; create one with ENCODING 'UTF8'"
    elif read_only:
        state, advice = CheckState.ADVICE, f"a portal can use it; to store events: {REFUSALS['25006'].remedy}"
    elif not may_create:
        state, advice = CheckState.ADVICE, "run simpang store migrate as its owner: this user cannot create tables"
    elif timescaledb is None:
        state, advice = CheckState.ADVICE, "install TimescaleDB there: reports stay quick as the history grows"
    return CheckResult(
        area="services",
        subject="database",
        message=f"{address}: PostgreSQL {version}" + (f", TimescaleDB {timescaledb}" if timescaledb else ""),
        state=state,
        advice=advice,
        facts={"postgresql": version, "timescaledb": timescaledb, "encoding": encoding, "read_only": read_only},
    )


def _no_database(message: str, advice: str) -> CheckResult:
    return CheckResult(area="services", subject="database", message=message, state=CheckState.PROBLEM, advice=advice)


def _brokers(bus: BusConfig) -> CheckResult:
    if bus.kafka is None:
        return CheckResult(area="services", subject="bus", message="inside the process (simpang run)")
    try:
        cluster = KafkaCluster(bus.kafka, Security.of(bus))
    except UserError as error:
        message, _, advice = str(error).partition("; ")
        return _no_bus(message, advice)
    try:
        missing = cluster.missing_rights(bus.group)
    except BusUnavailable as error:
        message, _, advice = str(error).partition("; ")
        return _no_bus(message, advice or "check that it runs, and the addresses in bus.kafka")
    lacking = [
        f"{right} ({', '.join(what for kind, what in missing if kind == right)})"
        for right in RIGHTS
        if right in dict(missing)
    ]
    return CheckResult(
        area="services",
        subject="bus",
        message=f"Kafka at {cluster} answers" + (f", the right {' and '.join(lacking)} is missing" if lacking else ""),
        state=(CheckState.OK, CheckState.ADVICE, CheckState.PROBLEM)[len(lacking)],
        advice="simpang worker needs WRITE, simpang store READ, simpang run both: grant them" if lacking else "",
    )


def _registry(cluster: KafkaCluster, group: str) -> CheckResult:
    """Check the rights on the registry of cameras: workers and the portal read it, `simpang cameras` changes it."""
    try:
        missing = cluster.missing_rights(group, [CAMERA_TOPIC])
    except BusUnavailable as error:
        message, _, advice = str(error).partition("; ")
        return _no_bus(message, advice or "check that it runs, and the addresses in bus.kafka")
    lacking = ", ".join(f"{right} ({what})" for right, what in missing)
    only_write = {right for right, _ in missing} == {"WRITE"}
    return CheckResult(
        area="services",
        subject="registry",
        message=f"{CAMERA_TOPIC} " + (f"lacks the right {lacking}" if missing else "can be read and changed"),
        state=CheckState.OK if not missing else CheckState.ADVICE if only_write else CheckState.PROBLEM,
        advice=(
            f"simpang worker needs READ on {CAMERA_TOPIC} and on group {group}, simpang portal READ on the topic, "
            "simpang cameras READ and WRITE: grant them"
            if missing
            else ""
        ),
    )


def _webhook(config: WebhookConfig) -> CheckResult:
    """Check how the address is written. Nothing is sent, because a receiver would take it for an incident."""
    subject, address = f"webhook {config.id}", Address.parse(config.url.get_secret_value())
    try:
        webhook_url(config)
    except UserError as error:
        message, _, advice = str(error).partition("; ")
        return CheckResult(area="services", subject=subject, message=message, state=CheckState.PROBLEM, advice=advice)
    return CheckResult(area="services", subject=subject, message=f"{address}, not called")


def _no_bus(message: str, advice: str) -> CheckResult:
    return CheckResult(area="services", subject="bus", message=message, state=CheckState.PROBLEM, advice=advice)
