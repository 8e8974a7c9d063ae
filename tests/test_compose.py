"""Services, ports, variables and health checks of docker/compose.yaml agree with the code."""

import os
import re
import subprocess
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from pipelines.config.config_file import read_config
from pipelines.config.portal_settings import PortalConfig
from pipelines.config.settings import Config
from portal import city_routes

pytestmark = pytest.mark.slow  # health checks run in a shell

DOCKER = Path(__file__).resolve().parents[1] / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
PARTS = ("worker", "store", "portal")


def variables(part: str) -> dict[str, Any]:
    return COMPOSE["services"][part]["environment"]


def config_field(variable: str) -> Any:
    """The field of Config that `SIMPANG_A__B` sets; fails where there is none."""
    model: type[BaseModel] = Config
    *path, last = variable.removeprefix("SIMPANG_").lower().split("__")
    for name in path:
        annotation = model.model_fields[name].annotation
        model = next(t for t in (annotation, *get_args(annotation)) if isinstance(t, type) and issubclass(t, BaseModel))
    return model.model_fields[last]


@pytest.mark.parametrize("part", PARTS)
def test_each_part_runs_a_command_that_exists(part):
    command, config = COMPOSE["services"][part]["command"]
    assert command in {entry.name for entry in entry_points(group="simpang.commands")}
    assert f"./city.yaml:{config}:ro" in COMPOSE["services"][part]["volumes"]


@pytest.mark.parametrize("part", PARTS)
def test_each_variable_sets_a_configuration_key(part):
    for name in set(variables(part)) - {"FORWARDED_ALLOW_IPS"}:  # that is uvicorn's
        assert name.startswith("SIMPANG_")
        assert config_field(name) is not None


@pytest.mark.parametrize("part", PARTS)
def test_parts_share_the_data_folder_of_the_image(part):
    folder = variables(part)["SIMPANG_DATA_DIR"]
    assert f"data:{folder}" in COMPOSE["services"][part]["volumes"]
    assert f"VOLUME {folder}" in DOCKERFILE


@pytest.mark.parametrize("part", PARTS)
def test_addresses_name_services_and_their_ports(part):
    broker, port = variables(part)["SIMPANG_BUS__KAFKA"].split(":")
    assert f"PLAINTEXT://{broker}:{port}" == COMPOSE["services"][broker]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    user, host, database = re.fullmatch(
        r"postgresql://(\w+):\$\{POSTGRES_PASSWORD[^}]*\}@(\w+):5432/(\w+)", variables(part)["SIMPANG_STORE__DSN"]
    ).groups()
    server = COMPOSE["services"][host]["environment"]
    assert (server["POSTGRES_USER"], server["POSTGRES_DB"]) == (user, database)


def test_the_published_port_is_that_of_nginx_which_passes_on_to_the_portal():
    nginx = (DOCKER / "nginx.conf").read_text(encoding="utf-8")
    (published,) = COMPOSE["services"]["nginx"]["ports"]
    assert f"listen {published.split(':')[1]} " in nginx
    assert "ports" not in COMPOSE["services"]["portal"]
    inside = variables("portal")["SIMPANG_PORTAL__PORT"]
    assert f"server portal:{inside};" in nginx
    assert inside == PortalConfig().port
    assert f"EXPOSE {inside}" in DOCKERFILE
    assert variables("portal")["SIMPANG_PORTAL__HOST"] == "0.0.0.0"


def test_nginx_reads_the_folder_of_the_workers():
    volumes = COMPOSE["services"]["nginx"]["volumes"]
    folder = variables("worker")["SIMPANG_DATA_DIR"]
    assert f"data:{folder}:ro" in volumes
    assert f"alias {folder}/hls/" in (DOCKER / "nginx.conf").read_text(encoding="utf-8")


def test_named_volumes_are_declared_and_images_are_pinned():
    for name, service in COMPOSE["services"].items():
        assert not service["image"].endswith(":latest")
        assert ":" in service["image"], f"{name}: pin the image's version"
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source.startswith("./") or source in COMPOSE["volumes"]


def test_only_nginx_is_reachable_from_outside():
    assert [name for name, service in COMPOSE["services"].items() if service.get("ports")] == ["nginx"]


def health_check(part: str) -> list[str]:
    return COMPOSE["services"][part]["healthcheck"]["test"]


def test_every_service_has_a_health_check():
    assert all("healthcheck" in service for service in COMPOSE["services"].values())


def test_the_health_check_of_the_worker_finds_a_recent_outbox_only(tmp_path):
    kind, command = health_check("worker")
    assert kind == "CMD-SHELL"
    check = ["sh", "-c", command.replace("/data", str(tmp_path))]
    assert subprocess.run(check, check=False).returncode != 0
    outbox = tmp_path / "outbox" / "000000000001.segment"
    outbox.parent.mkdir()
    outbox.touch()
    assert subprocess.run(check, check=False).returncode == 0
    os.utime(outbox, (0, 0))
    assert subprocess.run(check, check=False).returncode != 0


def test_the_health_check_of_the_store_requires_connections_to_database_and_kafka(tmp_path):
    kind, command = health_check("store")
    assert kind == "CMD-SHELL"
    command = command.replace("$$", "$").replace("/proc/net", str(tmp_path))
    (tmp_path / "tcp6").touch()
    connections = tmp_path / "tcp"
    to_database, to_kafka = (f"0: 0100007F:C000 0100007F:{port:04X} 01 00000000\n" for port in (5432, 9092))
    for table, healthy in ((to_database + to_kafka, True), (to_database, False), (to_kafka, False)):
        connections.write_text(table)
        assert (subprocess.run(["sh", "-c", command], check=False).returncode == 0) is healthy


def test_the_health_check_of_the_portal_asks_an_address_that_exists():
    kind, program, option, code = health_check("portal")
    (address,) = re.findall(r"http://[^']+", code)
    assert (kind, program, option) == ("CMD", "python", "-c")
    assert address == f"http://127.0.0.1:{variables('portal')['SIMPANG_PORTAL__PORT']}/healthz"
    assert "/healthz" in {getattr(route, "path", "") for route in city_routes.router.routes}


def test_parts_run_without_root_and_without_capabilities():
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, flags=re.MULTILINE)
    for part in PARTS:
        assert COMPOSE["services"][part]["cap_drop"] == ["ALL"]
        assert COMPOSE["services"][part]["security_opt"] == ["no-new-privileges:true"]


def test_the_example_city_is_valid(monkeypatch):
    config = read_config(DOCKER / "city.example.yaml")
    assert [camera.id for camera in config.cameras] == ["simpang-kuda-1"]


def test_the_environment_of_the_worker_is_what_the_worker_gets(monkeypatch):
    for name, value in variables("worker").items():
        monkeypatch.setenv(name, re.sub(r"\$\{POSTGRES_PASSWORD[^}]*\}", "s3cret", str(value)))
    config = read_config(DOCKER / "city.example.yaml")
    assert config.bus.kafka == "kafka:9092"
    assert config.weights is None
    assert config.data_dir == Path("/data")
    assert config.store.dsn.get_secret_value() == "postgresql://simpang:s3cret@timescaledb:5432/simpang"


def test_every_path_the_dockerfile_copies_exists():
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (DOCKER.parent / source).exists(), source


def test_the_image_installs_the_version_it_is_tagged_with():
    from importlib.metadata import version

    assert COMPOSE["services"]["portal"]["image"] == f"simpang:{version('simpang')}"
