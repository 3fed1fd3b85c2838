"""What the environment says of the providers."""

from __future__ import annotations

import pytest

from books.settings import Settings, SettingsError


def test_the_public_services_are_the_default() -> None:
    """Nothing need be set."""
    settings = Settings.from_env({})

    assert ("https://openlibrary.org", "https://www.googleapis.com/books/v1", "") == (
        settings.open_library_url,
        settings.google_books_url,
        settings.google_books_api_key,
    )


def test_values_are_taken_from_the_environment() -> None:
    """Empty ones are as if not set; a slash at a URL's end is dropped."""
    settings = Settings.from_env(
        {
            "OPENLIBRARY_URL": "http://localhost:1/",
            "CACHE_DAYS": "7",
            "PROVIDER_TIMEOUT_SECONDS": "0.5",
            "METADATA_CONTACT": "",
        }
    )

    assert ("http://localhost:1", 7, 0.5, "") == (
        settings.open_library_url,
        settings.cache_days,
        settings.timeout_seconds,
        settings.contact,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENLIBRARY_URL", "openlibrary.org"),
        ("PROVIDER_TIMEOUT_SECONDS", "soon"),
        ("PROVIDER_RETRIES", "6"),
        ("METADATA_MATCH_THRESHOLD", "1.1"),
        ("CACHE_DAYS", "0"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str) -> None:
    """With what was wanted."""
    with pytest.raises(SettingsError, match=f"{name}='{value}': .* is wanted"):
        Settings.from_env({name: value})
