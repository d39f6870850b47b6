"""One conversation and its answer, in a form that every vendor's SDK can be given (see `clients`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRvYmoKdHJhaWxlcgo8PC9Sb290IDEgMCBSPj4K"


@dataclass(frozen=True)
class Tool:
    name: str
    schema: dict[str, Any]
    description: str = "Does what its name says."


@dataclass(frozen=True)
class Call:
    name: str
    input: dict[str, Any]
    id: str = ""


@dataclass(frozen=True)
class Result:
    """A tool's result in the conversation's history."""

    call: Call
    text: str
    image: str | None = None
    is_error: bool = False


@dataclass(frozen=True)
class Turn:
    """A turn of the history: the user's text with attachments, or the assistant's text, thinking and calls."""

    role: str
    text: str = ""
    images: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()
    thinking: tuple[str, str] | None = None
    """The text and its signature, exactly as an answer gave them."""
    said: Reply | None = None
    """An answer that goes back into the history as the SDK gave it, instead of all of the above."""


@dataclass(frozen=True)
class Question:
    turns: tuple[Turn, ...] = (Turn("user", "Hello"),)
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    choice: str | None = None
    """auto, none, required, or a tool's name."""
    parallel: bool | None = None
    max_tokens: int = 4096
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    think: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reply:
    text: str = ""
    thinking: str = ""
    signature: str | None = None
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    """In the words of Answer.stop: end, tools, length, stop_sequence, refusal."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    model: str | None = None
    id: str | None = None
    raw: Any = None
    """What the SDK gave; whatever of it is a message to be sent back."""
