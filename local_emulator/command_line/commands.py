"""What the command line does: serves a template, or invokes one function of it.

The store's process is started first; everything else is imported while it starts.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_emulator import descriptors
from local_emulator.command_line.options import env_vars
from local_emulator.command_line.samconfig import ConfigError
from local_emulator.errors import StartError
from local_emulator.store.process import StoreProcess

if TYPE_CHECKING:
    from local_emulator.emulator import Emulator
    from local_emulator.settings import Settings

logger = logging.getLogger("local_emulator")

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_GC_THRESHOLD = (10_000, 10, 10)
"""Python's own first one is 700: with a connection a millisecond that is a collection each ten milliseconds, of a heap
in which next to nothing is left to collect."""


async def serve(options: argparse.Namespace) -> int:
    """Runs until a signal asks it to stop; the exit status."""
    started = time.perf_counter()
    stopped = _stopped_by_signal()
    descriptors.allow(descriptors.OWN)
    store = await _store_on_its_way()
    from local_emulator.command_line import log
    from local_emulator.command_line.banner import print_banner
    from local_emulator.emulator import Emulator
    from local_emulator.faults.rules import read

    log.configure_logging(options.log, quiet=options.quiet)
    settings = _settings(
        options,
        idle_timeout=options.idle_timeout,
        max_duration=options.max_duration,
        environment_idle_seconds=options.environment_idle,
        record=options.record,
        watch=options.reload,
        faults=read(options.faults) if options.faults else (),
    )
    if options.host not in _LOOPBACK:
        logger.warning(
            "at %s anybody who reaches this machine can call the APIs and post to connections; "
            "nothing checks who it is",
            options.host,
        )
    async with Emulator(settings, store=store) as emulator:
        # What the start has made stays: looking through it time and again would hold up who is served.
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLD)
        if not options.quiet:
            print_banner(emulator, options.template, time.perf_counter() - started)
        if options.ready_file is not None:
            _announce(options.ready_file, emulator)
        await stopped.wait()
    return 0


async def invoke(options: argparse.Namespace) -> int:
    """Invokes a function once and writes its answer to standard output; the exit status."""
    event = _event(options.event)
    stopped = _stopped_by_signal()
    store = await _store_on_its_way()
    from local_emulator.command_line import log
    from local_emulator.emulator import Emulator

    log.configure_logging(options.log, quiet=options.quiet)
    async with Emulator(_settings(options, serves=False), store=store) as emulator:
        function = emulator.pool.function(options.function)
        if function is None:
            there = ", ".join(emulator.application.functions) or "none"
            raise StartError(f"there is no function {options.function}; the template has: {there}")
        invoking = asyncio.create_task(emulator.pool.invoke_raw(function.logical_id, event))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait({invoking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not invoking.done():
            invoking.cancel()
            return 130
        outcome = invoking.result()
    sys.stdout.write(outcome.payload.decode(errors="replace") + "\n")
    return 0 if outcome.error is None else 1


def _settings(options: argparse.Namespace, **more: Any) -> Settings:
    import platformdirs

    from local_emulator.settings import Settings

    return Settings(
        template=options.template,
        data_folder=platformdirs.user_data_path("local_emulator"),
        host=options.host,
        port=options.port,
        parameter_overrides=dict(options.parameter_overrides),
        env_vars=env_vars(options.env_vars),
        debug=None if options.debug is None else (options.debug, options.debug_function),
        **more,
    )


async def _store_on_its_way() -> asyncio.Task[StoreProcess]:
    """Started before the slow imports, so that it starts beside them; they hold the loop up, not the process."""
    starting = asyncio.create_task(StoreProcess.start())
    # Until the process is there.
    await asyncio.sleep(0.01)
    return starting


def _event(file: str | None) -> bytes:
    if file is None:
        return b"{}"
    text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        json.loads(text)
    except ValueError as error:
        raise ConfigError(f"--event {file} is no JSON: {error}") from error
    return text


def _stopped_by_signal() -> asyncio.Event:
    stopped = asyncio.Event()

    def stop() -> None:
        if stopped.is_set():
            # Asked twice: children end with their parent.
            os._exit(130)
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return stopped


def _announce(ready_file: Path, emulator: Emulator) -> None:
    """Tells a program that waits for it; the file appears whole."""
    ready = {
        "url": emulator.url,
        "port": emulator.port,
        "pid": os.getpid(),
        "store_url": emulator.store_url,
        "environment": emulator.environment,
        "outputs": dict(emulator.application.outputs),
    }
    partial = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
    partial.write_text(json.dumps(ready, indent=2))
    partial.replace(ready_file)
