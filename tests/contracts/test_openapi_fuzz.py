"""Thousands of requests made from docs/openapi.yaml, to the running system: each gets an answer that is documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract import load
from tests.e2e.conftest import System
from tools.contracts.routes import Route, routes

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FILES = ("/api/csv/import", "/api/bookshelf/scan")
"""What a file must be to be taken cannot be said by a schema."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # A number or a photo that is too large is told as such.
            "negative_data_rejection": {"expected-statuses": ["400", "404", "409", "413", "415", "422"]}
        }
    }
)
NONE_TOO_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def _document(url: str) -> Any:
    schema = schemathesis.openapi.from_dict(load("openapi.yaml"), config=CONFIG)
    schema.config.update(base_url=url)
    return schema


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", routes(), ids=" ".join)
def test_every_answer_is_documented(
    system: System, session: requests.Session, route: Route, mode: GenerationMode, fuzz_cases: int
) -> None:
    """Whatever the request: no 5xx, no status, header, media type or body that the document does not have. What fits
    the document is taken, what does not is refused."""
    method, path = route
    operation = _document(system.stack.url)[path][method]
    expected = negative_data_rejection if mode is GenerationMode.NEGATIVE else positive_data_acceptance
    checks = CHECKS if path in FILES else [*CHECKS, expected]

    @settings(
        max_examples=max(1, fuzz_cases // (2 * len(routes()))),
        deadline=None,
        database=None,
        suppress_health_check=NONE_TOO_SLOW,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(session=session, checks=checks)

    send()


@pytest.mark.timeout(900)
def test_what_a_start_leads_to_is_documented_too(
    system: System, session: requests.Session, fuzz_cases: int
) -> None:
    """The links of an accepted start: its state, its results, its end, in any order and number."""
    machine = _document(system.stack.url).as_state_machine()

    class Following(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"session": session}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    run_state_machine_as_test(
        Following,
        settings=settings(
            max_examples=max(1, fuzz_cases // 50),
            stateful_step_count=8,
            deadline=None,
            database=None,
            suppress_health_check=NONE_TOO_SLOW,
        ),
    )
