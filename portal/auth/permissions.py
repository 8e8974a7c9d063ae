"""Who is asking, and what they may see: dependencies of the routes.

To a visitor who is not signed in, a camera that is not public does not exist: 404, never 403.
"""

import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status

from portal.auth.sessions import COOKIE
from portal.auth.users import Account, Role
from portal.cameras.catalogue import Entry
from portal.dependencies import TheServices


def _visitor(request: Request, services: TheServices) -> Account | None:
    return services.sessions.account(request.cookies.get(COOKIE), time.time())


Visitor = Annotated[Account | None, Depends(_visitor)]


def has_role(visitor: Account | None, role: Role) -> bool:
    """Operators may do what planners and police may."""
    return visitor is not None and bool(visitor.roles & {role, "operator"})


def requires(role: Role) -> Callable[[Account | None], Account]:
    """A dependency that lets only users with `role` pass: 401 for who is not signed in, 403 for others."""

    def check(visitor: Visitor) -> Account:
        if visitor is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in.")
        if not has_role(visitor, role):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"This needs the role {role}.")
        return visitor

    return check


Planner = Annotated[Account, Depends(requires("planner"))]
Police = Annotated[Account, Depends(requires("police"))]


def find_camera(services: TheServices, visitor: Account | None, camera_id: str) -> Entry:
    """Raises 404 for a camera that does not exist for this visitor."""
    entry = services.directory.find(camera_id, signed_in=visitor is not None)
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such camera.")
    return entry


def _camera(camera_id: str, services: TheServices, visitor: Visitor) -> Entry:
    return find_camera(services, visitor, camera_id)


VisibleCamera = Annotated[Entry, Depends(_camera)]
