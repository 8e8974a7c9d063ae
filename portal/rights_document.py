"""Tables of `docs/rights.md` on standard output: `python -m portal.rights_document`.

They are computed by the checks that the routes use.
"""

import sys

from fastapi import HTTPException
from pydantic import SecretStr

from analytics.camera import Visibility
from pipelines.config.geometry_file import CameraGeometry
from pipelines.config.settings import CameraConfig
from portal.auth.permissions import RoleRequired, scope_of
from portal.auth.route_rules import Rule, rules_of
from portal.auth.users import Role, User
from portal.cameras.camera_scope import CameraScope
from portal.cameras.catalogue import CatalogueEntry
from portal.openapi import bare_app

ROLES: tuple[Role, ...] = ("planner", "police", "operator", "admin")
"""Roles in the order of the tables."""
_NOT_FOUND = "404"  # as for a missing camera
_REFUSED = "403"  # for a public camera out of scope


def rights_document() -> str:
    """Both tables as Markdown: what each role sees of a camera, and the rule of each route."""
    return "\n".join([*_camera_table(), "", *_route_table(), ""])


def _camera_table() -> list[str]:
    cameras = {
        "public camera": _camera(Visibility.PUBLIC, covered=False),
        "hidden camera": _camera(Visibility.OPERATORS, covered=False),
        "public camera in scope": _camera(Visibility.PUBLIC, covered=True),
        "hidden camera in scope": _camera(Visibility.OPERATORS, covered=True),
    }
    lines = [f"| rule | account | {' | '.join(cameras)} |", f"|---|---|{'---|' * len(cameras)}"]
    checks = {Rule(role): RoleRequired(role) for role in ROLES if role != "admin"}
    for rule in (Rule.VISIBLE_CAMERAS, *checks):
        for role in (None, *ROLES):
            answers = [_answer(checks.get(rule), role, camera) for camera in cameras.values()]
            lines.append(f"| {rule} | {role or 'none'} | {' | '.join(answers)} |")
    return lines


def _camera(visibility: Visibility, *, covered: bool) -> CatalogueEntry:
    owner = "Pelabuhan" if covered else "Dishub"
    settings = CameraConfig(id="a", name="A", url=SecretStr("rtsp://camera/1"), owner=owner, visibility=visibility)
    return CatalogueEntry(settings, None, CameraGeometry())


def _answer(check: RoleRequired | None, role: Role | None, camera: CatalogueEntry) -> str:
    """What a route answers to an account whose scope is the owner Pelabuhan. check: None for visible cameras."""
    scope = CameraScope(owners=frozenset({"Pelabuhan"}))
    user = None if role is None else User("name", frozenset({role}), "", scope)
    if check is not None:
        try:
            check(user)
        except HTTPException as error:
            return str(error.status_code)
    if not camera.is_visible(scope_of(user)):
        return _NOT_FOUND
    return "yes" if check is None or camera.is_within(scope_of(user)) else _REFUSED


def _route_table() -> list[str]:
    with bare_app() as app:
        rules = rules_of(app)
    lines = ["| method | path | rule |", "|---|---|---|"]
    for (method, path), rule in sorted(rules.items(), key=lambda each: (each[0][1], each[0][0])):
        lines.append(f"| {method} | `{path}` | {rule} |")
    return lines


def main() -> None:
    """Print the tables."""
    sys.stdout.write(rights_document())


if __name__ == "__main__":
    main()
