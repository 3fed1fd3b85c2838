"""Which route a request takes: pure functions of the API's description and the input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local_emulator.model import HttpApi, HttpRoute, RestApi, RestMethod


@dataclass(frozen=True)
class HttpMatch:
    """A route and what its path's variables stand for."""

    route: HttpRoute
    parameters: Mapping[str, str]


def match_http_route(api: HttpApi, method: str, path: str) -> HttpMatch | None:
    """The most specific route (case G3): exact before `{name}` before `{name+}`, a method before ANY, then `$default`.

    `path` is percent-encoded, without the stage. HEAD and OPTIONS match only routes that have them (case G12).
    """
    best: tuple[tuple[Any, ...], HttpMatch] | None = None
    for route in api.routes:
        if route.path == "$default" or route.method not in (method, "ANY"):
            continue
        found = _match(route.path, path)
        if found is None:
            continue
        rank, parameters = found
        score = (rank, route.method != "ANY")
        if best is None or score > best[0]:
            best = (score, HttpMatch(route, parameters))
    if best is not None:
        return best[1]
    default = next((route for route in api.routes if route.path == "$default"), None)
    return HttpMatch(default, {}) if default else None


@dataclass(frozen=True)
class RestMatch:
    """A method and what its path's variables stand for."""

    method: RestMethod
    parameters: Mapping[str, str]


def match_rest_method(api: RestApi, method: str, path: str) -> RestMatch | None:
    """The method of the most specific resource, its own before ANY; None where that resource has neither (case G12)."""
    best: tuple[tuple[int, ...], str, dict[str, str]] | None = None
    for resource in {candidate.path for candidate in api.routes}:
        found = _match(resource, path)
        if found is not None and (best is None or found[0] > best[0]):
            best = (found[0], resource, found[1])
    if best is None:
        return None
    for wanted in (method, "ANY"):
        for candidate in api.routes:
            if candidate.path == best[1] and candidate.method == wanted:
                return RestMatch(candidate, best[2])
    return None


def _match(pattern: str, path: str) -> tuple[tuple[int, ...], dict[str, str]] | None:
    """How specific the match is, segment by segment, and the variables; None if there is none."""
    wanted = pattern.strip("/").split("/")
    given = path.strip("/").split("/")
    rank: list[int] = []
    parameters: dict[str, str] = {}
    for place, segment in enumerate(wanted):
        if segment.startswith("{") and segment.endswith("+}"):
            if place >= len(given) or not given[place]:
                return None
            parameters[segment[1:-2]] = unquote("/".join(given[place:]))
            return (*rank, 0), parameters
        if place >= len(given):
            return None
        if segment.startswith("{") and segment.endswith("}"):
            if not given[place]:
                return None
            parameters[segment[1:-1]] = unquote(given[place])
            rank.append(1)
        elif segment == unquote(given[place]):
            rank.append(2)
        else:
            return None
    return ((*rank, 3), parameters) if len(given) == len(wanted) else None
