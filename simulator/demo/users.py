"""Users of the demo, and the order in which its sites become live."""

import secrets
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from simulator.world.sites import Site, site_by_id

_LIVE_ORDER = (
    *("mata-kucing", "simpang-kuda", "pura-sei-ladi", "engku-putri-utara", "tugu-madani", "pelabuhan-punggur"),
    *("kantor-wali-kota", "simpang-casablanca", "southlink", "kejaksaan", "dprd-batam", "engku-putri-selatan"),
)
"""Sites in the order in which they become live: with and without signals, spread over the city [assumption]."""

_DEMO_USERS = {"perencana": "planner", "polisi": "police", "operator": "operator"}
"""Role of each demo user, by name."""


@dataclass(frozen=True)
class DemoUser:
    """A user of the demo with a password in plain text."""

    name: str
    role: str
    password: str

    def as_configured(self) -> dict[str, Any]:
        """Entry of `users` in the configuration, with the hash of the password."""
        return {"name": self.name, "roles": [self.role], "password_hash": PasswordHasher().hash(self.password)}


def sites_in_live_order() -> tuple[Site, ...]:
    """All sites, in the order in which they become live."""
    return tuple(site_by_id(name) for name in _LIVE_ORDER)


def demo_users() -> tuple[DemoUser, ...]:
    """One user per role, with random passwords for this run only, because the port may be reachable by others."""
    return tuple(DemoUser(name, role, secrets.token_hex(4)) for name, role in _DEMO_USERS.items())
