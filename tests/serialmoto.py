"""moto, one request at a time: its updates are not atomic between threads, which would fake races of our own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

_descriptions: Loader = botocore.session.get_session().get_component("data_loader")
"""Of the services; they stay the same, and to read them anew for each test takes longer than most tests."""


@contextmanager
def serial_moto() -> Iterator[None]:
    """`mock_aws`, and in it every request to moto waits for the one before."""
    lock = threading.Lock()
    answer = BotocoreStubber.__call__

    def one_at_a_time(self: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
        with lock:
            return answer(self, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(BotocoreStubber, "__call__", one_at_a_time)
        session = botocore.session.get_session()
        session.register_component("data_loader", _descriptions)
        boto3.setup_default_session(botocore_session=session)
        yield
