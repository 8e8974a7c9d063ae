"""Permissions as dependencies of the routes: the current user, roles, and cameras that the user may see.

For a client without a session, a camera that is not public does not exist: 404, never 403.
"""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status

from portal.auth.sessions import UserSession
from portal.auth.users import Role, User
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep


def _current_session(request: Request, services: ServicesDep) -> UserSession | None:
    return services.sessions.read(request.cookies.get(services.sessions.cookie), time.time())


CurrentSession = Annotated[UserSession | None, Depends(_current_session)]


def _current_user(session: CurrentSession) -> User | None:
    return session.user if session else None


CurrentUser = Annotated[User | None, Depends(_current_user)]


def has_role(user: User | None, role: Role) -> bool:
    """Whether the user has the role; an operator has every role, a client without a session none."""
    return user is not None and bool(user.roles & {role, "operator"})


def requires(role: Role) -> Callable[[User | None], User]:
    """A dependency that returns a user with `role`. Raises 401 without a session, and 403 for other users."""

    def check(user: CurrentUser) -> User:
        if user is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in.")
        if not has_role(user, role):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"This needs the role {role}.")
        return user

    return check


Planner = Annotated[User, Depends(requires("planner"))]
Police = Annotated[User, Depends(requires("police"))]
Operator = Annotated[User, Depends(requires("operator"))]


def get_visible_camera(services: ServicesDep, user: User | None, camera_id: str) -> CatalogueEntry:
    """The camera with this id. Raises 404 for one that does not exist, or that the user may not see."""
    entry = services.catalogue.find(camera_id, signed_in=user is not None)
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such camera.")
    return entry


def _camera(camera_id: str, services: ServicesDep, user: CurrentUser) -> CatalogueEntry:
    return get_visible_camera(services, user, camera_id)


VisibleCamera = Annotated[CatalogueEntry, Depends(_camera)]
