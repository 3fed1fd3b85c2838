"""The command line: `python -m local_emulator`.

What takes long to import is imported only once the options are known and the store is on its way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_emulator.command_line import options as command_line
from local_emulator.command_line.samconfig import ConfigError
from local_emulator.faults.rules import FaultsError
from local_emulator.faults.rules import read as read_faults

if TYPE_CHECKING:
    from local_emulator.emulator import Emulator
    from local_emulator.store.process import StoreProcess

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM, or invokes one function.

    0 after a clean stop, 1 when it cannot start or the function failed, 2 for wrong arguments.
    """
    try:
        options = command_line.parse(sys.argv[1:] if arguments is None else arguments)
        os.environ["LOCAL_EMULATOR_REGION"] = options.region
        return _run(_serve(options) if options.command == "run" else _invoke(options))
    except Exception as error:
        if not isinstance(error, _expected()):
            raise
        sys.stderr.write(f"error: {error}\n")
        return 1


def _expected() -> tuple[type[Exception], ...]:
    """What the person can mend, and needs no stack."""
    from local_emulator.emulator import StartError
    from local_emulator.functions.debugging import DebugError
    from local_emulator.sources.source import SourceError
    from local_emulator.store.process import StoreError
    from local_emulator.store.provision import ProvisionError
    from local_emulator.template.errors import TemplateError

    return (
        TemplateError,
        StartError,
        DebugError,
        SourceError,
        StoreError,
        ProvisionError,
        FaultsError,
        ConfigError,
        OSError,
    )


def _run(work: Coroutine[Any, Any, int]) -> int:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def _emulator(options: argparse.Namespace, env_vars: Any, **more: Any) -> Emulator:
    import platformdirs

    from local_emulator.emulator import Emulator

    return Emulator(
        template=options.template,
        host=options.host,
        port=options.port,
        parameter_overrides=dict(options.parameter_overrides),
        env_vars=env_vars,
        certificates_folder=platformdirs.user_data_path("local_emulator"),
        debug=None if options.debug is None else (options.debug, options.debug_function),
        **more,
    )


async def _serve(options: argparse.Namespace) -> int:
    started = time.perf_counter()
    stopped = _stopped_by_signal()
    env_vars = command_line.env_vars(options.env_vars)
    faults = read_faults(options.faults) if options.faults else []
    store = await _store_on_its_way()
    from local_emulator import log

    log.configure_logging(options.log, quiet=options.quiet)
    if options.host not in _LOOPBACK:
        sys.stderr.write(
            f"warning: at {options.host} anybody who reaches this machine can call the APIs, post to connections and "
            "let things go wrong (/_faults); nothing checks who it is\n"
        )
    emulator = _emulator(
        options,
        env_vars,
        store=store,
        idle_timeout=options.idle_timeout,
        max_duration=options.max_duration,
        environment_idle_seconds=options.environment_idle,
        watch=options.reload,
        faults=faults,
    )
    async with emulator:
        if not options.quiet:
            log.print_banner(emulator, options.template, time.perf_counter() - started)
        if options.ready_file is not None:
            _announce(options.ready_file, emulator)
        await stopped.wait()
    return 0


async def _invoke(options: argparse.Namespace) -> int:
    event = _event(options.event)
    env_vars = command_line.env_vars(options.env_vars)
    stopped = _stopped_by_signal()
    store = await _store_on_its_way()
    from local_emulator import log
    from local_emulator.emulator import StartError

    log.configure_logging(options.log, quiet=options.quiet)
    async with _emulator(options, env_vars, store=store, serves=False) as emulator:
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


async def _store_on_its_way() -> asyncio.Task[StoreProcess]:
    """Started before the slow imports, so that it starts beside them; they hold the loop up, not the process."""
    from local_emulator.store.process import StoreProcess

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


if __name__ == "__main__":
    sys.exit(main())
