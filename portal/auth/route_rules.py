"""Rules of the routes: each route has exactly one, declared as a dependency. A route without one stops the start.

`docs/rights.md` is generated from them by `portal.rights_document`.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Mount, Route

OPENAPI = "/openapi.json"
"""Path of the only route that FastAPI itself adds."""


class Rule(StrEnum):
    """Clients that a route answers, and the cameras that its answer may contain."""

    ALL_CLIENTS = "all clients"
    """All clients get the same answer, which contains no camera that is not public."""
    VISIBLE_CAMERAS = "visible cameras"
    """All clients; the answer contains public cameras, and those within the scope of the account."""
    SIGNED_IN = "signed in"
    """Clients with a session; the answer is about the session or its account."""
    PLANNER = "planner"
    POLICE = "police"
    OPERATOR = "operator"
    ADMIN = "admin"


class RuleMark:
    """Dependency that states the rule of a route, and checks nothing."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    async def __call__(self) -> None:
        """Do nothing: the mark is read when the app is made."""


ALL_CLIENTS = Depends(RuleMark(Rule.ALL_CLIENTS))
"""Dependency of a route with this rule."""
VISIBLE_CAMERAS = Depends(RuleMark(Rule.VISIBLE_CAMERAS))
"""Dependency of a route with this rule."""


def rules_of(app: FastAPI) -> dict[tuple[str, str], Rule]:
    """The rule of each route by its method and path. Raises RuntimeError for a route without exactly one."""
    return {key: rule for route in iter_route_contexts(app.routes) for key, rule in _rules(route)}


def _rules(route: RouteContext) -> Iterator[tuple[tuple[str, str], Rule]]:
    kind, path = route.original_route, route.path or ""
    if isinstance(kind, Mount) and path == "":
        yield ("GET", "/{file}"), Rule.ALL_CLIENTS
    elif isinstance(kind, APIRoute):
        rule = _rule_of(route)
        yield from (((method, path), rule) for method in sorted(route.methods or ()))
    elif isinstance(kind, Route) and path == OPENAPI:
        yield ("GET", OPENAPI), Rule.ALL_CLIENTS
    else:
        raise RuntimeError(f"{path}: is a route of a kind that can have no rule; add it to a router")


def _rule_of(route: RouteContext) -> Rule:
    found = set(_marks(route.dependant))
    if len(found) > 1:
        # A role limits what a visible camera shows.
        found.discard(Rule.VISIBLE_CAMERAS)
    if len(found) != 1:
        raise RuntimeError(
            f"{'/'.join(sorted(route.methods or ()))} {route.path}: has {len(found)} rules, not one; give it a user"
            " such as `Police`, a `VisibleCamera`, or dependencies=[ALL_CLIENTS] of portal.auth.route_rules"
        )
    return found.pop()


def _marks(dependant: Dependant) -> Iterator[Rule]:
    for each in dependant.dependencies:
        rule: Any = getattr(each.call, "rule", None)
        if isinstance(rule, Rule):
            yield rule
        yield from _marks(each)
