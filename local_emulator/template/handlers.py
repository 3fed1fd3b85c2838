"""Whether a function's handler is where the template says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from local_emulator.template.errors import TemplateError


def check_python(handler: str, code: Path, layers: Iterable[Path]) -> None:
    """Looks for the handler's module in the code and in the layers.

    Raises:
        TemplateError: it is in neither.
    """
    module = handler.rpartition(".")[0].replace(".", "/")
    places = [code, *(layer / folder for layer in layers for folder in ("python", "."))]
    if not any(_is_module(place / module) for place in places):
        raise TemplateError(
            f"the handler {handler} is not there: {code} has no {module}.py and no folder {module}"
        )


def _is_module(path: Path) -> bool:
    if (path / "__init__.py").exists() or path.with_name(f"{path.name}.py").exists():
        return True
    return path.parent.is_dir() and any(
        found.suffix in (".so", ".pyc", ".pyd") for found in path.parent.glob(f"{path.name}.*")
    )
