"""Paths and methods to handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, TENANT_ADMIN

TENANT: frozenset[str] = frozenset({TENANT_ADMIN})
TENANT_OR_CUSTOMER: frozenset[str] = frozenset({TENANT_ADMIN, CUSTOMER_USER})
ADMINS: frozenset[str] = frozenset({SYS_ADMIN, TENANT_ADMIN})
ANYONE: frozenset[str] = frozenset({SYS_ADMIN, TENANT_ADMIN, CUSTOMER_USER})

Handler = Callable[[Call], Reply]
WaitingHandler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `authorities` None means that no login is asked.

    A plain handler runs inside one transaction; a waiting one opens its own, because it must not
    hold one while it waits.
    """

    method: str
    template: str
    handler: Handler | None
    authorities: frozenset[str] | None = TENANT_OR_CUSTOMER
    waiting: WaitingHandler | None = None


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A route and the values of its path parameters."""

    route: Route
    parameters: Mapping[str, str]


class WrongMethod(Exception):
    """The path exists, the method does not; `allowed` has those that do."""

    def __init__(self, method: str, allowed: frozenset[str]) -> None:
        super().__init__(method)
        self.allowed = allowed


class Router:
    """A tree of path segments; a literal segment wins over a parameter."""

    def __init__(self, routes: Iterable[Route], others: Iterable[Route] = ()) -> None:
        """Know routes, and others where no route is."""
        self._root = _Node()
        for route in routes:
            self._add(route)
        for route in others:
            self._add(route, replaces=False)

    def _add(self, route: Route, *, replaces: bool = True) -> None:
        node = self._root
        names: list[str] = []
        for segment in route.template.removeprefix("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        if route.method in node.routes:
            if not replaces:
                return
            raise ValueError(f"two handlers for {route.method} {route.template}")
        node.routes[route.method] = route
        node.names[route.method] = tuple(names)

    def find(self, method: str, raw_path: str) -> Match | None:
        """Return the match, None for an unknown path; WrongMethod for a known one without it."""
        # A slash at the end makes it another path.
        segments = [unquote(segment) for segment in raw_path.removeprefix("/").split("/")]
        allowed: set[str] = set()
        for node, values in _walk(self._root, segments, 0, ()):
            allowed |= node.routes.keys()
            route = node.routes.get(method)
            if route is not None:
                return Match(route, dict(zip(node.names[method], values, strict=True)))
        if allowed:
            raise WrongMethod(method, frozenset(allowed))
        return None


def _walk(
    node: _Node, segments: list[str], position: int, values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    if position == len(segments):
        if node.routes:
            yield node, values
        return
    segment = segments[position]
    following = node.literal.get(segment)
    if following is not None:
        yield from _walk(following, segments, position + 1, values)
    if node.parameter is not None and segment:
        yield from _walk(node.parameter, segments, position + 1, (*values, segment))
