"""Scope of an account: the cameras for which its roles count, by owner and group."""

from dataclasses import dataclass

from pipelines.config.settings import CameraConfig


@dataclass(frozen=True, slots=True)
class CameraScope:
    """Owners and groups of cameras. An empty set limits nothing; a camera must meet both."""

    owners: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def covers(self, camera: CameraConfig) -> bool:
        """Whether the roles of the account count for this camera."""
        has_owner = not self.owners or camera.owner in self.owners
        return has_owner and (not self.groups or not self.groups.isdisjoint(camera.groups))

    def contains(self, other: "CameraScope") -> bool:
        """Whether no camera can be covered by the other scope alone."""
        return _limits(self.owners, other.owners) and _limits(self.groups, other.groups)


def _limits(wider: frozenset[str], narrower: frozenset[str]) -> bool:
    return not wider or (bool(narrower) and narrower <= wider)


EVERY_CAMERA = CameraScope()
"""The scope without limits."""
