"""What the demo adds to the simulated city: who may sign in, and which points come first."""

import secrets
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from simulator.world.sites import Site, site_by_id

_LIVE_ORDER = (
    *("mata-kucing", "simpang-kuda", "pura-sei-ladi", "engku-putri-utara", "tugu-madani", "pelabuhan-punggur"),
    *("kantor-wali-kota", "simpang-casablanca", "southlink", "kejaksaan", "dprd-batam", "engku-putri-selatan"),
)
"""Who becomes live first: roads with and without signals, all over the city."""

_DEMO_USERS = {"perencana": "planner", "polisi": "police", "operator": "operator"}


@dataclass(frozen=True)
class DemoUser:
    name: str
    role: str
    password: str

    def as_configured(self) -> dict[str, Any]:
        return {"name": self.name, "roles": [self.role], "password_hash": PasswordHasher().hash(self.password)}


def sites_in_live_order() -> tuple[Site, ...]:
    return tuple(site_by_id(name) for name in _LIVE_ORDER)


def demo_users() -> tuple[DemoUser, ...]:
    """One for each role, with passwords of this run alone: somebody may open the port to others."""
    return tuple(DemoUser(name, role, secrets.token_hex(4)) for name, role in _DEMO_USERS.items())
