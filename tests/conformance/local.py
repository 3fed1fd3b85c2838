"""The suite's template, run by the emulator in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_emulator import services
from tests.conformance.target import Target
from tests.waiting import wait_until

TEMPLATE = Path(__file__).with_name("template.yaml")
_START_SECONDS = 60


class LocalTarget(Target):
    """The emulator."""

    def __init__(self, ready: Mapping[str, Any], log: Path) -> None:
        super().__init__(ready["outputs"])
        self.environment: Mapping[str, str] = ready["environment"]
        """The variables by which AWS's SDKs reach its services."""
        self._log = log

    @property
    def local(self) -> bool:
        return True

    def make_client(self, service: str, **options: Any) -> Any:
        environment = dict(self.environment)
        if "endpoint_url" in options:
            # Over TLS, with the certificate that the functions trust.
            environment[f"AWS_ENDPOINT_URL_{service.upper()}"] = options.pop("endpoint_url")
            options["verify"] = environment["AWS_CA_BUNDLE"]
        return services.client(service, environment, **options)

    def log_lines(self, function: str) -> list[str]:
        found = []
        for line in self._log.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("function") == function:
                found.append(str(entry["message"]))
        return found


@contextmanager
def emulator(folder: Path, *arguments: str) -> Iterator[LocalTarget]:
    """`python -m local_emulator` with the suite's template, until the block ends.

    Raises:
        RuntimeError: it did not start; the message is its log.
    """
    ready, log = folder / "ready.json", folder / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with log.open("w") as written:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "local_emulator", "--template", str(TEMPLATE), "--port", "0"),
                *("--ready-file", str(ready), "--log", "json", *arguments),
            ],
            env={**environment, "XDG_DATA_HOME": str(folder), "SECRET_OF_THE_HOST": "hidden"},
            cwd=Path(__file__).parents[2],
            stdout=written,
            stderr=written,
        )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, seconds=_START_SECONDS)
        if not ready.exists():
            raise RuntimeError(log.read_text())
        yield LocalTarget(json.loads(ready.read_text()), log)
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(timeout=20), log.read_text()
    finally:
        process.kill()
        process.wait()
