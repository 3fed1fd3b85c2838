"""What the environment says about metadata providers; docs/configuration.md lists every variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from books.matching import DEFAULT_THRESHOLD

VARIABLES = (
    "OPENLIBRARY_URL",
    "GOOGLE_BOOKS_URL",
    "GOOGLE_BOOKS_API_KEY",
    "METADATA_CONTACT",
    "PROVIDER_TIMEOUT_SECONDS",
    "PROVIDER_RETRIES",
    "PROVIDER_REST_SECONDS",
    "METADATA_MATCH_THRESHOLD",
    "CACHE_DAYS",
)


class SettingsError(ValueError):
    """A variable is malformed; the text names it, its value and what was wanted."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the providers are and how they are called."""

    open_library_url: str = "https://openlibrary.org"
    google_books_url: str = "https://www.googleapis.com/books/v1"
    google_books_api_key: str = ""
    contact: str = ""
    """URL or e-mail address in the User-Agent: Open Library gives those who name one a higher limit."""
    timeout_seconds: float = 4.0
    """For an answer; a connection gets half of it."""
    retries: int = 1
    """More attempts after the first, for each request; what fails then comes back by the queue."""
    rest_seconds: int = 30
    """How long a provider that keeps failing is left alone before it is tried again."""
    match_threshold: float = DEFAULT_THRESHOLD
    """A candidate for a title below this score is not the book."""
    cache_days: int = 30

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the settings from `environment`; what is not set has its default.

        Raises:
            SettingsError: a value is malformed.
        """
        given = {name: environment[name] for name in VARIABLES if environment.get(name)}
        values: dict[str, object] = {}
        for name, field in (
            ("OPENLIBRARY_URL", "open_library_url"),
            ("GOOGLE_BOOKS_URL", "google_books_url"),
        ):
            if name in given:
                values[field] = _url(name, given[name])
        for name, field in (
            ("GOOGLE_BOOKS_API_KEY", "google_books_api_key"),
            ("METADATA_CONTACT", "contact"),
        ):
            if name in given:
                values[field] = given[name]
        for name, field, low, high in (
            ("PROVIDER_TIMEOUT_SECONDS", "timeout_seconds", 0.1, 60.0),
            ("METADATA_MATCH_THRESHOLD", "match_threshold", 0.0, 1.0),
        ):
            if name in given:
                values[field] = _number(name, given[name], low, high)
        for name, field, least, most in (
            ("PROVIDER_RETRIES", "retries", 0, 5),
            ("PROVIDER_REST_SECONDS", "rest_seconds", 1, 900),
            ("CACHE_DAYS", "cache_days", 1, 365),
        ):
            if name in given:
                values[field] = int(_number(name, given[name], least, most))
        return cls(**values)  # type: ignore[arg-type]


def _url(name: str, text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise SettingsError(f"{name}={text!r}: a URL that begins with http:// or https:// is wanted")
    return text.rstrip("/")


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingsError(f"{name}={text!r}: a number from {low:g} to {high:g} is wanted")
    return number
