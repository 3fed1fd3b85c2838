"""The scan queue: reads the spines of a photo and tells which books they are.

A scan's first message unfolds the job: the photo is fetched, decoded within bounds, read (25 to 40 s with a model in
the cloud), and the job goes on over the spines that were found. Then, as with every other job, each spine is an item:
looked up, enriched, counted once. The photo itself is deleted as soon as its spines are on record.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from books.errors import TransientError, all_of
from books.kinds import SCAN
from books.lookup import Library
from books.metadata import Metadata
from books.spines import spine
from books.spines.errors import PhotoError, ReaderBusyError, ReaderError
from books.spines.photo import Photo
from books.spines.reader import SpineReader, from_env
from books.spines.spine import Spine
from books.uploads import NoSuchPhotoError, PhotoTooLargeError, Uploads
from progress import aws, wiring
from progress.attempts import Attempt, Ending, Outcome, RetryLaterError
from progress.chunks import Item, each
from progress.consumer import chunk_consumer
from progress.job import ItemResult, ItemStatus
from progress.log import logger
from progress.queues import ChunkMessage
from progress.unfolding import CannotUnfoldError, Contents, Tell

_SHOWN = 40


@cache
def library() -> Library:
    return Library.from_env(os.environ, client=aws.dynamodb(), table_name=wiring.settings().table_name)


@cache
def reader() -> SpineReader:
    return from_env(os.environ)


@cache
def uploads() -> Uploads:
    return Uploads.from_env(os.environ, client=aws.s3())


def look(item: Item, tell: Tell) -> Contents:
    """Reads the photo that the item names.

    Raises:
        CannotUnfoldError: it cannot be read, now or ever.
        RetryLaterError: the reader may say when it is asked again.
    """
    tell("Reading the photo")
    try:
        spines = reader().read(Photo.decode(uploads().fetch(item["imageKey"])))
    except (PhotoError, ReaderError, NoSuchPhotoError, PhotoTooLargeError) as error:
        raise CannotUnfoldError(str(error)) from error
    except ReaderBusyError as error:
        raise RetryLaterError(str(error)) from error
    items = [
        # What was read stays in the results, even where nobody could say which book it is.
        {"workId": f"spine-{number}", "kept": {"spine": seen.to_dict()}}
        for number, seen in enumerate(spines, start=1)
    ]
    return Contents(items=items, text=_found(len(items)))


def forget(item: Item) -> None:
    """A photo is nobody's business once its spines are on record; the bucket forgets it in a day otherwise."""
    try:
        uploads().delete(item["imageKey"])
    except (BotoCoreError, ClientError):
        logger.warning("The photo could not be deleted", exc_info=True)


def recognise(item: Mapping[str, Any]) -> ItemResult:
    """Tells which books a spine may be, with what is known of them.

    Raises:
        RetryLaterError: it is none that it surely is, but a provider could not say, and may soon.
    """
    # Not before there is a spine: what compares texts takes as long to import as half of everything else.
    from books.spines import identify

    seen = spine.from_dict(item["kept"]["spine"])
    silent: list[TransientError] = []

    def search(text: str) -> list[Metadata]:
        candidates = library().search(text)
        silent.extend(candidates.silent)
        return candidates.found

    matches = identify.identify(seen, search)
    sure = bool(matches) and matches[0].sure
    if silent and not sure:
        error = all_of(silent)
        raise RetryLaterError(str(error), after_seconds=error.after_seconds)
    return ItemResult(
        status=ItemStatus.FOUND if sure else ItemStatus.NOT_FOUND,
        stage="Identifying",
        label=matches[0].metadata.title if sure else _quoted(seen),
        detail={"matches": [each.to_dict() for each in matches]},
    )


def _found(spines: int) -> str:
    return f"Found {spines} {'spine' if spines == 1 else 'spines'}" if spines else "Found no spines"


def _quoted(seen: Spine) -> str:
    text = seen.text
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"


def work(message: ChunkMessage, attempt: Attempt) -> Ending:
    ending = wiring.unfolder().run(message, look, forget, attempt)
    if ending.outcome is not Outcome.DONE:
        return ending
    return wiring.chunk_worker().run(message, each(recognise), attempt)


handler = chunk_consumer(work, kinds=(SCAN,))
