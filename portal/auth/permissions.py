"""Who is asking, and what they may see: dependencies of the routes.

To a user who is not signed in, a camera that is not public does not exist: 404, never 403.
"""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status

from portal.auth.sessions import COOKIE
from portal.auth.users import Role, User
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep


def _current_user(request: Request, services: ServicesDep) -> User | None:
    return services.sessions.user(request.cookies.get(COOKIE), time.time())


CurrentUser = Annotated[User | None, Depends(_current_user)]


def has_role(user: User | None, role: Role) -> bool:
    """Operators may do what planners and police may."""
    return user is not None and bool(user.roles & {role, "operator"})


def requires(role: Role) -> Callable[[User | None], User]:
    """A dependency that lets only users with `role` pass: 401 for who is not signed in, 403 for others."""

    def check(user: CurrentUser) -> User:
        if user is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in.")
        if not has_role(user, role):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"This needs the role {role}.")
        return user

    return check


Planner = Annotated[User, Depends(requires("planner"))]
Police = Annotated[User, Depends(requires("police"))]


def get_visible_camera(services: ServicesDep, user: User | None, camera_id: str) -> CatalogueEntry:
    """Raises 404 for a camera that does not exist for this user."""
    entry = services.catalogue.find(camera_id, signed_in=user is not None)
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such camera.")
    return entry


def _camera(camera_id: str, services: ServicesDep, user: CurrentUser) -> CatalogueEntry:
    return get_visible_camera(services, user, camera_id)


VisibleCamera = Annotated[CatalogueEntry, Depends(_camera)]
