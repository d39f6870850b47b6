"""What the stand-in remembers about each request it got."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Recorded:
    """One request, byte for byte, and what became of it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int
    earlier: list[dict[str, Any]] | None = None
    """The items of the response that this request to OpenAI Responses continues, if that is stored."""
    received_at: float = field(default_factory=time.monotonic)
    gone_at: float | None = None
    sent_first_byte: bool = False
    _gone: threading.Event = field(default_factory=threading.Event)
    _finished: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> str:
        return self.target.split("?", 1)[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def dialect(self) -> str:
        """The vendor whose address this is."""
        if self.action or "/v1beta/" in self.path or self.header("x-goog-api-key"):
            return "gemini"
        if self.path.startswith("/api/"):
            return "ollama"
        if "/responses" in self.path:
            return "responses"
        return "anthropic" if "/messages" in self.path else "openai"

    @property
    def action(self) -> str | None:
        """What a Gemini address asks for: `generateContent`, …"""
        name, colon, action = self.path.rpartition(":")
        return action if colon and "/models/" in name else None

    @property
    def model(self) -> str | None:
        if self.dialect == "gemini":
            name = self.path.partition("/models/")[2]
            return unquote(name.rpartition(":")[0] or name) or None
        try:
            return self.json.get("model")
        except (ValueError, AttributeError):
            return None

    @property
    def wants_stream(self) -> bool:
        if self.dialect == "gemini":
            return self.action == "streamGenerateContent"
        return bool(self.json.get("stream", self.dialect == "ollama"))

    def header(self, name: str) -> str | None:
        """The header's value; several of the same name joined by a comma, as HTTP says."""
        values = [value for field_name, value in self.headers if field_name.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def credential(self) -> str | None:
        """The key presented, whatever carried it."""
        bearer = self.header("authorization") or ""
        named = self.header("x-api-key") or self.header("x-goog-api-key") or self.query.get("key")
        return named or bearer.removeprefix("Bearer ") or None

    def mark_gone(self) -> None:
        if self.gone_at is None:
            self.gone_at = time.monotonic()
            self._gone.set()

    def mark_finished(self) -> None:
        self._finished.set()

    def wait_gone(self, timeout: float) -> float:
        """When the peer closed the connection before the answer was complete; fails after `timeout` seconds."""
        assert self._gone.wait(timeout), f"the peer did not disconnect within {timeout} s"
        assert self.gone_at is not None
        return self.gone_at

    def wait_finished(self, timeout: float = 10) -> None:
        assert self._finished.wait(timeout), f"the exchange did not end within {timeout} s"


class Journal:
    """The requests in order of arrival; safe to read from the test's thread."""

    def __init__(self) -> None:
        self._items: list[Recorded] = []
        self._changed = threading.Condition()

    def add(self, item: Recorded) -> None:
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def all(self, model: str | None = None) -> list[Recorded]:
        with self._changed:
            items = list(self._items)
        return [item for item in items if model is None or item.model == model]

    def last(self, model: str | None = None) -> Recorded:
        items = self.all(model)
        assert items, f"no request for {model or 'any model'} has arrived"
        return items[-1]

    def wait(self, model: str, count: int = 1, timeout: float = 10) -> Recorded:
        """The `count`-th request for a model, waiting for it."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [item for item in self._items if item.model == model]
                if len(found) >= count:
                    return found[count - 1]
                left = deadline - time.monotonic()
                assert left > 0, f"request {count} for {model} did not arrive within {timeout} s"
                self._changed.wait(left)

    def clear(self) -> None:
        with self._changed:
            self._items.clear()
