"""The vendors' SDKs, each behind the same few methods: ask a `Question`, get a `Reply`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .anthropic_messages import AnthropicClient
from .base import BrokenStreamError, Client, Refusal
from .gemini import GeminiClient
from .ollama import OllamaClient
from .openai_chat import OpenAIClient
from .openai_responses import ResponsesClient

CLIENTS: dict[str, type[Client]] = {
    "openai": OpenAIClient,
    "responses": ResponsesClient,
    "anthropic": AnthropicClient,
    "gemini": GeminiClient,
    "ollama": OllamaClient,
}


@contextmanager
def refused(client: Client, *statuses: int) -> Iterator[list[Refusal]]:
    """Expects an error answer, with one of `statuses` if any are given; it is in the list afterwards."""
    found: list[Refusal] = []
    with pytest.raises(client.status_errors) as caught:
        yield found
    found.append(client.refusal(caught.value))
    assert not statuses or found[0].status in statuses, found[0]


__all__ = [
    "CLIENTS",
    "AnthropicClient",
    "BrokenStreamError",
    "Client",
    "GeminiClient",
    "OllamaClient",
    "OpenAIClient",
    "Refusal",
    "ResponsesClient",
    "refused",
]
