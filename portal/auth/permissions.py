"""Permissions as dependencies of the routes: the current user, roles, and cameras that the user may see.

For a client without a session, a camera that is not public does not exist: 404, never 403. The same holds for an
account whose scope does not cover the camera.
"""

import time
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status

from portal.auth.route_rules import Rule
from portal.auth.sessions import UserSession
from portal.auth.users import Role, User
from portal.cameras.camera_scope import CameraScope
from portal.cameras.catalogue import CatalogueEntry
from portal.dependencies import ServicesDep


def _current_session(request: Request, services: ServicesDep) -> UserSession | None:
    return services.sessions.read(request.cookies.get(services.sessions.cookie), time.time())


CurrentSession = Annotated[UserSession | None, Depends(_current_session)]


def _current_user(session: CurrentSession) -> User | None:
    return session.user if session else None


CurrentUser = Annotated[User | None, Depends(_current_user)]


def _current_scope(user: CurrentUser) -> CameraScope | None:
    return scope_of(user)


CurrentScope = Annotated[CameraScope | None, Depends(_current_scope)]


def scope_of(user: User | None) -> CameraScope | None:
    """Scope of the user; None for a client without a session."""
    return user.scope if user else None


def has_role(user: User | None, role: Role) -> bool:
    """Whether the user has the role, for the cameras of its scope. An operator is a planner and police, too."""
    granting = {role} if role == "admin" else {role, "operator"}
    return user is not None and bool(user.roles & granting)


class RoleRequired:
    """Dependency that returns a user with a role. Raises 401 without a session, and 403 for other users."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.rule = Rule(role)

    def __call__(self, user: CurrentUser) -> User:
        if user is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in.")
        if not has_role(user, self.role):
            raise HTTPException(status.HTTP_403_FORBIDDEN, f"This needs the role {self.role}.")
        return user


def requires(role: Role) -> RoleRequired:
    """A dependency that returns a user with `role`."""
    return RoleRequired(role)


Planner = Annotated[User, Depends(requires("planner"))]
Police = Annotated[User, Depends(requires("police"))]
Operator = Annotated[User, Depends(requires("operator"))]
Admin = Annotated[User, Depends(requires("admin"))]


def get_visible_camera(services: ServicesDep, user: User | None, camera_id: str) -> CatalogueEntry:
    """The camera with this id, for what all clients may see of it. Raises 404 for one that the user may not see."""
    entry = services.catalogue.find(camera_id, scope_of(user))
    if entry is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such camera.")
    return entry


def get_camera_in_scope(services: ServicesDep, user: User, camera_id: str) -> CatalogueEntry:
    """The camera with this id, for what the roles of the user show. Raises 403 for a public one out of its scope."""
    entry = get_visible_camera(services, user, camera_id)
    if not entry.is_within(user.scope):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Your rights do not cover this camera.")
    return entry


class SignedInRequired:
    """Dependency that returns the session of the client. Raises 401 without one."""

    rule = Rule.SIGNED_IN

    def __call__(self, session: CurrentSession) -> UserSession:
        if session is None:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Please sign in.")
        return session


SignedIn = Annotated[UserSession, Depends(SignedInRequired())]


class VisibleCameraRequired:
    """Dependency that returns the camera in the path. Raises 404 for one that the user may not see."""

    rule = Rule.VISIBLE_CAMERAS

    def __call__(self, camera_id: str, services: ServicesDep, user: CurrentUser) -> CatalogueEntry:
        return get_visible_camera(services, user, camera_id)


VisibleCamera = Annotated[CatalogueEntry, Depends(VisibleCameraRequired())]
