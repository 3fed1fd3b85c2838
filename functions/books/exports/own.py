"""What a person's file says of a book, as results show it; what the file does not say is left out."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

Date = Annotated[str, Meta(description="As exact as the file has it: 2024-03-01, 2024-03 or 2024")]


class Series(Struct, omit_defaults=True):
    """A series, and which of its volumes the book is."""

    name: str
    position: str | UnsetType = UNSET


class Own(Struct, rename="camel", omit_defaults=True, kw_only=True):
    """The person's record of a book; docs/import.md tells where it comes from."""

    title: str | UnsetType = UNSET
    authors: list[str] | UnsetType = UNSET
    contributors: list[str] | UnsetType = UNSET
    series: Series | UnsetType = UNSET
    isbn_text: str | UnsetType = UNSET
    """An ISBN that is wrong."""
    rating: Annotated[float, Meta(ge=0, le=5)] | UnsetType = UNSET
    status: str | UnsetType = UNSET
    """`read`, `to-read`, `currently-reading`, `did-not-finish`, or the person's own word."""
    shelves: list[str] | UnsetType = UNSET
    date_started: Date | UnsetType = UNSET
    dates_read: list[str] | UnsetType = UNSET
    """Dates, or ranges such as 2023-05-23/2023-06-07."""
    date_added: Date | UnsetType = UNSET
    read_count: int | UnsetType = UNSET
    review: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    owned: bool | UnsetType = UNSET
    format: str | UnsetType = UNSET
    pages: int | UnsetType = UNSET
    publisher: str | UnsetType = UNSET
    year: int | UnsetType = UNSET
    original_year: int | UnsetType = UNSET
    language: str | UnsetType = UNSET
