"""Refuses what the real services refuse, so that a translation that would fail there fails here too."""

from ..record import Recorded
from . import anthropic_messages, gemini, ollama, openai_chat, openai_responses
from .refusal import RefusedError

_CHECKS = {
    "openai": openai_chat.check,
    "responses": openai_responses.check,
    "anthropic": anthropic_messages.check,
    "gemini": gemini.check,
    "ollama": ollama.check,
}


def check(request: Recorded) -> None:
    """Raises `RefusedError` for a request that its vendor would refuse; what cannot even be read counts as that."""
    try:
        _CHECKS[request.dialect](request)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise RefusedError(f"malformed request: {problem!r}") from problem


__all__ = ["RefusedError", "check"]
