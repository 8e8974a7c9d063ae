"""`simpang cameras`: the registry of cameras that the workers of a group share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from analytics.camera import Visibility
from pipelines.addresses import mask
from pipelines.bus.bus import BusUnavailable
from pipelines.bus.kafka.camera_topic import CameraTopic
from pipelines.bus.kafka.security import Security
from pipelines.config.config_file import read_config, read_settings
from pipelines.config.geometry_file import CameraGeometry, read_geometry
from pipelines.config.secret_references import with_secrets
from pipelines.config.settings import Config
from pipelines.errors import UserError, first_problem
from pipelines.events.registered_camera import RegisteredCamera

CONFIG = click.argument("config", type=click.Path(path_type=Path))
"""Path of the configuration file, with the brokers."""
CAMERA = click.argument("camera_id", metavar="CAMERA")
"""Id of a camera."""
OPTIONAL = ("analysis_url", "site", "owner", "groups", "public_picture", "position", "geometry", "out_of_service")
"""Keys of a camera that `change --without` removes."""

Command = TypeVar("Command", bound=Callable[..., None])


@click.group()
def cameras() -> None:
    """List and change the cameras of the registry, a topic of Kafka, which the workers of a group share.

    A worker applies a change within seconds. CONFIG is the configuration file, with the brokers in bus.kafka.
    """


def _settings(command: Command) -> Command:
    """Add an option for each key of a camera."""
    options = (
        click.option("--name", help="Name of the camera, as shown to users."),
        click.option("--url", help="Address of the main stream; write ${name} for a secret of the configuration."),
        click.option("--analysis-url", help="Address of the sub-stream for analysis."),
        click.option("--site", help="Id of the site where the camera stands."),
        click.option("--owner", help="Organisation that owns the camera."),
        click.option("--visibility", help=f"Users that may see the camera: {', '.join(Visibility)}."),
        click.option("--position", metavar="LAT,LON", help="Position of the camera, WGS84 degrees."),
        click.option("--geometry", type=click.Path(path_type=Path), help="Path of its camera.json."),
        click.option("--out-of-service", metavar="REASON", help="Reason why the camera is not analysed."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@cameras.command("list")
@CONFIG
def list_cameras(config: Path) -> None:
    """List the cameras: id, name, address without secrets, and whether each is in service."""
    _, registry = _opened(config)
    for camera in _read(registry).values():
        status = "in service" if camera.out_of_service is None else "out of service"
        click.echo("\t".join((camera.id, camera.name, mask.KNOWN.mask(camera.url), status)))


@cameras.command()
@CONFIG
@CAMERA
@_settings
def add(config: Path, camera_id: str, **options: Any) -> None:
    """Add a camera with the id CAMERA. --name and --url are required."""
    settings, registry = _opened(config)
    if camera_id in _read(registry):
        raise UserError(f"camera {camera_id} is registered already; use simpang cameras change")
    content = {key: value for key, value in options.items() if value is not None}
    for key in ("name", "url"):
        if key not in content:
            raise UserError(f"camera {camera_id} has no {key}; give it with --{key}")
    _put(registry, [_camera(settings, {"id": camera_id} | content)])
    click.echo(f"added {camera_id}")


@cameras.command()
@CONFIG
@CAMERA
@_settings
@click.option("--without", type=click.Choice(OPTIONAL), multiple=True, help="Remove this key.")
def change(config: Path, camera_id: str, without: Sequence[str], **options: Any) -> None:
    """Change what the options name, and nothing else, of the camera with the id CAMERA."""
    settings, registry = _opened(config)
    former = _existing(registry, camera_id)
    changes = {key: value for key, value in options.items() if value is not None}
    if not changes and not without:
        raise UserError(f"nothing to change of camera {camera_id}; give an option, such as --url")
    if twice := sorted(changes.keys() & set(without)):
        raise UserError(f"{twice[0]} is both given and removed; leave one out")
    kept = former.model_dump(mode="json", exclude_unset=True, exclude=set(without) | changes.keys() | {"geometry"})
    geometry = None if {"geometry"} & ({*without} | changes.keys()) else former.geometry
    _put(registry, [_camera(settings, kept | changes, geometry)])
    click.echo(f"changed {camera_id}")


@cameras.command()
@CONFIG
@CAMERA
def remove(config: Path, camera_id: str) -> None:
    """Remove the camera with the id CAMERA. What it measured stays in the database."""
    _, registry = _opened(config)
    _existing(registry, camera_id)
    _asked(lambda: registry.remove(camera_id))
    click.echo(f"removed {camera_id}")


@cameras.command("import")
@CONFIG
def import_cameras(config: Path) -> None:
    """Add the cameras in CONFIG to the registry, or replace those with their ids. Others stay."""
    settings, registry = _opened(config)
    found = [_camera(settings, entry, folder=config.parent) for entry in read_settings(config).get("cameras") or ()]
    if not found:
        raise UserError(f"{config}: no cameras; list them under cameras, or use simpang cameras add")
    present = _read(registry)
    changed = [camera for camera in found if present.get(camera.id) != camera]
    _put(registry, changed)
    click.echo(f"imported {len(changed)} cameras, {len(found) - len(changed)} were the same")


def _opened(path: Path) -> tuple[Config, CameraTopic]:
    config = read_config(path)
    if config.bus.kafka is None:
        raise UserError(f"{path}: bus.kafka is missing; the registry is a topic of Kafka, so add the brokers")
    return config, CameraTopic(config.bus.kafka, Security.of(config.bus))


Result = TypeVar("Result")


def _asked(request: Callable[[], Result]) -> Result:
    """Return the answer of the brokers. Raises UserError where they do not answer."""
    try:
        return request()
    except BusUnavailable as error:
        raise UserError(f"{error}; start Kafka, or correct bus.kafka") from error


def _read(registry: CameraTopic) -> dict[str, RegisteredCamera]:
    return _asked(registry.read)


def _put(registry: CameraTopic, found: Sequence[RegisteredCamera]) -> None:
    _asked(lambda: registry.put(found))


def _existing(registry: CameraTopic, camera_id: str) -> RegisteredCamera:
    found = _read(registry)
    if camera_id not in found:
        raise UserError(f"camera {camera_id} is not registered; simpang cameras list names those that are")
    return found[camera_id]


def _camera(
    config: Config,
    content: Mapping[str, Any],
    geometry: CameraGeometry | None = None,
    *,
    folder: Path = Path(),
) -> RegisteredCamera:
    """Return a camera of options or of the configuration file. geometry: unless `content` has the path of one.

    folder: where relative paths start. Raises UserError.
    """
    values = dict(content)
    if values.get("geometry") is not None:
        geometry = read_geometry(folder / values["geometry"])
    if isinstance(values.get("position"), str):
        try:
            values["position"] = [float(part) for part in values["position"].split(",")]
        except ValueError as error:
            raise UserError("--position: give LAT,LON, two numbers such as 1.13,104.05") from error
    try:
        camera = RegisteredCamera.of(values, geometry)
    except ValidationError as error:
        raise UserError(f"camera {content.get('id')}: {first_problem(error)}") from error
    for address in (camera.url, camera.analysis_url):
        try:
            with_secrets(address or "", config.secrets)
        except ValueError as error:
            raise UserError(f"camera {camera.id}: {error}") from error
    return camera
