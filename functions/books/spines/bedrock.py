"""Reads spines with a vision model on Amazon Bedrock, through boto3's Converse; what is asked, `vision` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from books.spines import vision
from books.spines.errors import ReaderBusyError, ReaderError
from books.spines.photo import Photo
from books.spines.spine import Spine

READ_TIMEOUT_SECONDS = 120
"""25 to 40 seconds are normal, a crowded shelf takes longer, and nothing comes before the whole answer."""
_QUESTIONS = 2
"""For an answer that makes sense."""
_LONGEST = 300


class Client(Protocol):
    """What is used of boto3's `bedrock-runtime` client."""

    def converse(self, **request: Any) -> dict[str, Any]: ...


def make_client(*, read_timeout_seconds: float = READ_TIMEOUT_SECONDS) -> Client:
    """A client that waits for a model to think. The SDK tries nothing again: it would also pay twice for an answer that
    came too late, and whoever gets a ReaderBusyError comes back after a while."""
    client: Client = boto3.client(
        "bedrock-runtime",
        config=Config(
            connect_timeout=3,
            read_timeout=read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )
    return client


class BedrockReader:
    """Asks one model, named by its id, an inference profile's id, or an ARN."""

    def __init__(self, client: Client, model_id: str) -> None:
        self._client = client
        self._model_id = model_id

    def read(self, photo: Photo) -> list[Spine]:
        """The spines, from left to right, each with what stands on it and what the model takes for title and author.

        Raises:
            ReaderBusyError: the model is busy, too slow, or made no sense twice: another time it may.
            ReaderError: it will not read this photo, or cannot be asked at all; the text says what to do.
        """
        whole = vision.fitted(photo)
        question = vision.question(photo, whole)
        nonsense = ""
        for _ in range(_QUESTIONS):
            try:
                return vision.spines(self._ask(question), whole)
            except vision.NonsenseError as error:
                nonsense = str(error)
        raise ReaderBusyError(f"The model that reads the photo made no sense: {nonsense}.")

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._client.converse(modelId=self._model_id, **question)
        except ClientError as error:
            raise self._meaning(error) from error
        except (NoConnectionError, HTTPClientError) as error:
            raise ReaderBusyError("The model that reads the photo does not answer.") from error
        except BotoCoreError as error:
            raise ReaderError(f"Bedrock cannot be asked: {error}.") from error

    def _meaning(self, error: ClientError) -> ReaderBusyError | ReaderError:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, its errors."""
        code = error.response["Error"].get("Code", "")
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if status in (408, 424, 429) or status >= 500:
            return ReaderBusyError(f"The model that reads the photo is busy ({code}).")
        if status in (401, 403):
            # AWS's text names account and role; whoever sent the photo need not know them.
            return ReaderError(
                f"Bedrock does not let this function use {self._model_id}: it needs bedrock:InvokeModel on the model, "
                f"and the account needs access to it (docs/scan.md)."
            )
        text = error.response["Error"].get("Message", "")[:_LONGEST]
        return ReaderError(
            f"Bedrock refuses the request to {self._model_id} ({code}: {text}). BEDROCK_MODEL_ID must name a model "
            f"that sees pictures, can use tools, and is there in this region (docs/scan.md)."
        )
