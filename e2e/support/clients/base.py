"""What the adapters of all SDKs share."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..conversation import Question, Reply


class BrokenStreamError(Exception):
    """A stream told of its failure in a way that the SDK hands on as an event, or ended without an end."""


@dataclass(frozen=True)
class Refusal:
    """An error answer as the SDK's exception shows it."""

    exception: Exception
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def message(self) -> str:
        error = self.body["error"]
        return error if isinstance(error, str) else error["message"]


class Client(ABC):
    """A vendor's SDK as a client of the gateway (or of anything else)."""

    dialect: ClassVar[str]
    path: ClassVar[str]
    """Where the dialect's main requests go; `{model}` stands in it if the model does."""
    status_errors: ClassVar[tuple[type[Exception], ...]]
    """What the SDK raises for an error status."""
    stream_errors: ClassVar[tuple[type[Exception], ...]]
    """What is raised for a stream that breaks."""

    @abstractmethod
    def __init__(self, origin: str, key: str = "sk-client") -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def ask(self, model: str, question: Question, *, stream: bool) -> Reply: ...

    @abstractmethod
    def text_pieces(self, model: str, question: Question) -> Iterator[str]: ...

    def refusal(self, error: Any) -> Refusal:
        """What one of `status_errors` tells."""
        return Refusal(error, error.status_code, error.response.headers, error.response.text)
