"""What a model says, independent of the dialect it is said in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

_SIGNING_KEY = b"only the stand-in knows this key"


def _digest(text: str) -> bytes:
    return hmac.new(_SIGNING_KEY, text.encode(), hashlib.sha256).digest()


def signature_of(thinking: str) -> str:
    """Anthropic's signature of a thinking text: like the vendor, the stand-in knows its own and refuses all others."""
    digest = _digest(thinking)
    return base64.b64encode(b"\x12\xb9\x01" + digest + digest).decode()


def encrypted_of(thinking: str, account: str) -> str:
    """OpenAI's encrypted reasoning: only the account that got it can use it."""
    return "gAAAAAB" + base64.urlsafe_b64encode(_digest(f"openai {account} {thinking}") + thinking.encode()).decode()


def is_encrypted_for(content: str, account: str) -> bool:
    if not content.startswith("gAAAAAB"):
        return False
    thinking = base64.urlsafe_b64decode(content[7:])[32:].decode()
    return content == encrypted_of(thinking, account)


def thought_signature_of(call: ToolUse | None) -> str:
    """Gemini's signature of a function call, or of a text: it is good on that part only."""
    part = f"{call.name} {json.dumps(call.input, sort_keys=True)}" if call else "text"
    return base64.b64encode(b"\x0a\x24" + _digest(f"gemini {part}")).decode()


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Thinking:
    text: str

    @property
    def signature(self) -> str:
        return signature_of(self.text)


@dataclass(frozen=True)
class ToolUse:
    id: str
    name: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Image:
    """Only in requests: what a reading of a request found."""

    media_type: str
    data: str


@dataclass(frozen=True)
class Document:
    """Only in requests: what a reading of a request found."""

    media_type: str
    data: str


@dataclass(frozen=True)
class Usage:
    """Token counts as Anthropic counts: `input` excludes what was read from or written to the cache."""

    input: int = 12
    output: int = 34
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True)
class Answer:
    """One answer. `stop` is one of: end, tools, length, stop_sequence, refusal."""

    blocks: tuple[Text | Thinking | ToolUse, ...]
    stop: str = "end"
    stop_sequence: str | None = None
    usage: Usage = field(default_factory=Usage)
    pieces: int = 5
    """Into how many deltas a text or an argument object is cut."""

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.blocks if isinstance(block, Text))


def cut(text: str, pieces: int) -> list[str]:
    """Cuts a text into `pieces` parts of nearly equal length, all of them non-empty."""
    pieces = max(1, min(pieces, len(text)))
    bounds = [len(text) * i // pieces for i in range(pieces + 1)]
    return [text[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]


HELLO = "Grüß Gott – héllo, 世界! 👩‍👩‍👧"

CANNED: dict[str, Answer] = {
    "text": Answer((Text(HELLO),)),
    "long": Answer((Text("All work and no play makes Jack a dull boy. " * 4000),), usage=Usage(9, 44000), pieces=3000),
    "tool": Answer(
        (Text("Let me look."), ToolUse("toolu_01A09q90qw90lq917835lq9", "get_weather", {"city": "Zürich", "days": 3})),
        stop="tools",
    ),
    "parallel-tools": Answer(
        (
            ToolUse("toolu_01AAAAAAAAAAAAAAAAAAAAAA", "get_weather", {"city": "Oslo", "note": 'a "quoted" \\ word'}),
            ToolUse("toolu_01BBBBBBBBBBBBBBBBBBBBBB", "get_time", {"zone": "Europe/Oslo"}),
            ToolUse("toolu_01CCCCCCCCCCCCCCCCCCCCCC", "ping", {}),
        ),
        stop="tools",
    ),
    "thinking": Answer(
        (Thinking("First the sum: 2 + 2.\nThen the answer."), Text("Four.")), usage=Usage(20, 60, reasoning=41)
    ),
    "thinking-tool": Answer(
        (
            Thinking("The city is needed."),
            Text("Checking."),
            ToolUse("toolu_01DDDDDDDDDDDDDDDDDDDDDD", "get_weather", {"city": "Bern"}),
        ),
        stop="tools",
        usage=Usage(20, 60, reasoning=41),
    ),
    "length": Answer((Text("This sentence has no"),), stop="length"),
    "stop-sequence": Answer((Text("one two "),), stop="stop_sequence", stop_sequence="three"),
    "json": Answer((Text('{"name":"Ada","born":1815}'),)),
    "cached": Answer((Text("Cached."),), usage=Usage(100, 7, cache_read=2000)),
    "cache-write": Answer((Text("Cached."),), usage=Usage(100, 7, cache_read=2000, cache_write=300)),
    "reasoning": Answer((Text("Thought about it."),), usage=Usage(50, 120, reasoning=100)),
    "refusal": Answer((Text("I can’t help with that."),), stop="refusal"),
    "big-numbers": Answer((Text("Counted."),), usage=Usage(1_000_000, 128_000)),
}
