"""What the demo adds to the simulated city: who may sign in, which points come first, and which weights."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from argon2 import PasswordHasher

from models.packaged import DEMO_CITY, packaged_weights
from pipelines.city.points import Point, point_of

NARRATION = "narration.jsonl"

_ORDER = (
    *("mata-kucing", "simpang-kuda", "pura-sei-ladi", "engku-putri-utara", "tugu-madani", "pelabuhan-punggur"),
    *("kantor-wali-kota", "simpang-casablanca", "southlink", "kejaksaan", "dprd-batam", "engku-putri-selatan"),
)
"""Who becomes live first: roads with and without signals, all over the city."""

_ROLES = {"perencana": "planner", "polisi": "police", "operator": "operator"}


@dataclass(frozen=True)
class DemoUser:
    name: str
    role: str
    password: str


def points_in_order() -> tuple[Point, ...]:
    return tuple(point_of(name) for name in _ORDER)


def demo_users() -> tuple[DemoUser, ...]:
    """One for each role, with passwords of this run alone: somebody may open the port to others."""
    return tuple(DemoUser(name, role, secrets.token_hex(4)) for name, role in _ROLES.items())


def default_weights() -> str | None:
    """The model trained for this city; without it, the default one, which knows real roads only."""
    return DEMO_CITY if packaged_weights(DEMO_CITY) else None


def extend_config(config: Path, *, port: int, users: Sequence[DemoUser], weights: str | None) -> None:
    """Adds to what `live_city` wrote: users, port, narration and weights."""
    said: dict[str, Any] = yaml.safe_load(config.read_text(encoding="utf-8"))
    said["portal"] = {"port": port, "narration": NARRATION}
    said["users"] = [
        {"name": user.name, "roles": [user.role], "password_hash": PasswordHasher().hash(user.password)}
        for user in users
    ]
    if weights is not None:
        said["weights"] = weights
    config.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
