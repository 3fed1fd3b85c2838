"""The one HTTP server, at what no API shows."""

from __future__ import annotations

import httpx
import pytest

from local_emulator import http1
from local_emulator.http1 import Response


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_may_have_no_body_ends_with_its_headers(status: int) -> None:
    """Whatever an application gives for one: it would be taken for the beginning of the next answer."""
    answers = iter([Response(status, b"null"), Response.json({"next": True})])
    server = await http1.serve(lambda _: next(answers))
    host, port = server.sockets[0].getsockname()
    async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client:
        first, second = await client.get("/"), await client.get("/")
    server.close()

    assert (status, b"") == (first.status_code, first.content)
    assert "content-length" not in first.headers
    assert {"next": True} == second.json()
