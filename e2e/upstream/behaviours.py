"""How the stand-in answers a request: properly, with an error, or in one of the ways in which services break."""

from __future__ import annotations

import asyncio
import functools
import gzip
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from . import anthropic_messages, gemini, ollama, openai_chat, openai_responses, strictness
from .answers import CANNED, Answer, Text, ToolUse, Usage
from .exchange import Exchange

Behaviour = Callable[[Exchange], Awaitable[None]]

SSE = ("content-type", "text/event-stream; charset=utf-8")
JSON = ("content-type", "application/json")

WIRES: dict[str, Any] = {
    "openai": openai_chat,
    "responses": openai_responses,
    "anthropic": anthropic_messages,
    "gemini": gemini,
    "ollama": ollama,
}


def wire(exchange: Exchange) -> Any:
    """The module that knows the dialect of this request."""
    return WIRES[exchange.dialect]


def stream_type(exchange: Exchange) -> tuple[str, str]:
    """The content type of a stream; Gemini's is JSON unless events are asked for."""
    is_array = exchange.dialect == "gemini" and exchange.request.query.get("alt") != "sse"
    return ("content-type", "application/json" if is_array else wire(exchange).STREAM_TYPE)


def answer(spoken: Answer | str, *, strict: bool = True, before: float = 0, gap: float = 0) -> Behaviour:
    """Answers properly, whole or streamed as asked; `before` and `gap` are seconds of waiting."""
    said = Answer((Text(spoken),)) if isinstance(spoken, str) else spoken

    async def run(exchange: Exchange) -> None:
        if strict and await _refused(exchange):
            return
        await asyncio.sleep(before)
        dialect = wire(exchange)
        if not exchange.request.wants_stream:
            body = dialect.whole(said, exchange.request)
            exchange.keep(body)
            await exchange.whole(200, [*dialect.HEADERS, JSON], body)
            return
        await exchange.start_chunked(200, [*dialect.HEADERS, stream_type(exchange), ("cache-control", "no-cache")])
        events = dialect.events(said, exchange.request)
        for event in events:
            await exchange.chunk(event)
            if gap:
                await asyncio.sleep(gap)
        exchange.keep(events[-1].partition(b"data: ")[2])
        await exchange.end_chunked()

    return run


async def stop_sequence(exchange: Exchange) -> None:
    """Stops where it was told to; what cannot be told (Responses has no such field) talks on."""
    spoken = CANNED["stop-sequence"]
    if exchange.dialect == "responses":
        spoken = Answer((Text("one two three four five"),))
    await answer(spoken)(exchange)


async def structured(exchange: Exchange) -> None:
    """Answers in JSON; when the gateway asks for it through a forced tool, as the input of that tool."""
    spoken = CANNED["json"]
    choice = exchange.request.json.get("tool_choice")
    if exchange.dialect == "anthropic" and isinstance(choice, dict) and choice.get("type") == "tool":
        tool = ToolUse("toolu_01EEEEEEEEEEEEEEEEEEEEEE", choice["name"], json.loads(spoken.text))
        spoken = Answer((tool,), stop="tools")
    await answer(spoken)(exchange)


async def _refused(exchange: Exchange) -> bool:
    """Answers 400 or the like as the real service would; true when it did."""
    dialect = wire(exchange)
    try:
        strictness.check(exchange.request)
    except strictness.RefusedError as refusal:
        more = {"details": refusal.details} if refusal.details else {}
        body = dialect.error(refusal.status, str(refusal), **more)
        await exchange.whole(refusal.status, [*dialect.HEADERS, JSON], body)
        return True
    return False


def error(
    status: int, *, message: str | None = None, retry_after: str | None = None, headers: Sequence[tuple[str, str]] = ()
) -> Behaviour:
    """The vendor's own error body for a status."""

    async def run(exchange: Exchange) -> None:
        dialect = wire(exchange)
        if retry_after and exchange.dialect == "gemini":  # which has no such header, but a detail of the error
            await exchange.whole(status, [*dialect.HEADERS, JSON], gemini.error(status, message, retry_after))
            return
        extra = [*headers, *([("retry-after", retry_after)] if retry_after else [])]
        await exchange.whole(status, [*dialect.HEADERS, JSON, *extra], dialect.error(status, message))

    return run


def raw(status: int, content_type: str | None, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Behaviour:
    """Exactly this body with this content type, whatever was asked."""

    async def run(exchange: Exchange) -> None:
        kind = [("content-type", content_type)] if content_type else []
        await exchange.whole(status, [*kind, *headers], body)

    return run


def raw_stream(*chunks: bytes, gap: float = 0, content_type: str = "text/event-stream") -> Behaviour:
    """Exactly these chunks, one write each, ended properly."""

    async def run(exchange: Exchange) -> None:
        await exchange.start_chunked(200, [("content-type", content_type)])
        for chunk in chunks:
            await exchange.chunk(chunk)
            if gap:
                await asyncio.sleep(gap)
        await exchange.end_chunked()

    return run


async def _start_stream(exchange: Exchange) -> list[bytes]:
    dialect = wire(exchange)
    await exchange.start_chunked(200, [*dialect.HEADERS, stream_type(exchange)])
    return dialect.events(CANNED["text"], exchange.request)


def _content_from(exchange: Exchange, events: list[bytes]) -> int:
    """The index of the first event with content: what comes before it commits to nothing."""
    mark = wire(exchange).CONTENT_MARK
    return next(index for index, event in enumerate(events) if mark in event and b'"content":""' not in event)


async def reset_before_head(exchange: Exchange) -> None:
    exchange.reset()


async def close_before_head(exchange: Exchange) -> None:
    exchange.close()


async def hang_before_head(exchange: Exchange) -> None:
    await asyncio.Event().wait()


async def die_before_content(exchange: Exchange) -> None:
    """The stream starts, says nothing and is cut."""
    if not exchange.request.wants_stream:
        await exchange.head(200, [JSON, ("content-length", "5000")])
        await exchange.send(b'{"id":')
        exchange.close()
        return
    events = await _start_stream(exchange)
    for event in events[: _content_from(exchange, events)]:
        await exchange.chunk(event)
    exchange.close()


async def end_before_content(exchange: Exchange) -> None:
    """The stream ends in good order without having said anything."""
    events = await _start_stream(exchange)
    for event in events[: _content_from(exchange, events)]:
        await exchange.chunk(event)
    await exchange.end_chunked()


def die_mid_stream(how: str = "close", deltas: int = 2, half_event: bool = False) -> Behaviour:
    """Some text, then the end: `close` (FIN), `reset` (RST), `clean` (well-formed end without a final event)."""

    async def run(exchange: Exchange) -> None:
        events = await _start_stream(exchange)
        first = _content_from(exchange, events)
        for event in events[: first + deltas]:
            await exchange.chunk(event)
        if half_event:
            await exchange.chunk(events[first + deltas][:30])
        await asyncio.sleep(0.05)
        match how:
            case "close":
                exchange.close()
            case "reset":
                exchange.reset()
            case "clean":
                await exchange.end_chunked()

    return run


def hang_mid_stream(deltas: int = 2) -> Behaviour:
    async def run(exchange: Exchange) -> None:
        events = await _start_stream(exchange)
        for event in events[: _content_from(exchange, events) + deltas]:
            await exchange.chunk(event)
        await asyncio.Event().wait()

    return run


async def error_event_first(exchange: Exchange) -> None:
    """Status 200, and the first event is an error."""
    dialect = wire(exchange)
    await exchange.start_chunked(200, [stream_type(exchange)])
    await exchange.chunk(dialect.error_event("Overloaded, try later"))
    await exchange.end_chunked()


async def error_event_mid_stream(exchange: Exchange) -> None:
    events = await _start_stream(exchange)
    for event in events[: _content_from(exchange, events) + 2]:
        await exchange.chunk(event)
    await asyncio.sleep(0.05)
    await exchange.chunk(wire(exchange).error_event("Overloaded, try later"))
    await exchange.end_chunked()


async def error_in_200(exchange: Exchange) -> None:
    """Status 200, and the whole body is an error."""
    await exchange.whole(200, [JSON], wire(exchange).error(500, "Insufficient balance"))


async def dribble(exchange: Exchange) -> None:
    """A proper stream, one byte per write."""
    events = await _start_stream(exchange)
    for byte in b"".join(events):
        await exchange.chunk(bytes([byte]))
    await exchange.end_chunked()


async def as_json_though_stream(exchange: Exchange) -> None:
    """Answers a stream request with a whole JSON body, as simple servers do."""
    dialect = wire(exchange)
    await exchange.whole(200, [JSON], dialect.whole(CANNED["text"], exchange.request))


async def as_stream_though_json(exchange: Exchange) -> None:
    """Answers a whole request with a stream, as some proxies do."""
    dialect = wire(exchange)
    body = b"".join(dialect.events(CANNED["text"], exchange.request))
    await exchange.whole(200, [("content-type", dialect.STREAM_TYPE)], body)


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(b'{"id":"' + b"A" * 300_000_000 + b'"}', 6)


async def gzip_bomb(exchange: Exchange) -> None:
    """A few hundred kilobytes that unpack to 300 MB."""
    bomb = await asyncio.to_thread(_bomb)
    await exchange.whole(200, [JSON, ("content-encoding", "gzip")], bomb)


async def gzipped(exchange: Exchange) -> None:
    """A proper answer, compressed when the gateway said that it can read that."""
    dialect = wire(exchange)
    body = dialect.whole(CANNED["text"], exchange.request)
    if "gzip" not in (exchange.request.header("accept-encoding") or ""):
        await exchange.whole(200, [JSON], body)
        return
    await exchange.whole(200, [JSON, ("content-encoding", "gzip")], gzip.compress(body))


def big_event(size: int) -> Behaviour:
    """A stream with one event of `size` bytes of text in the middle."""

    async def run(exchange: Exchange) -> None:
        events = wire(exchange).events(Answer((Text("x" * size),), pieces=1), exchange.request)
        await exchange.start_chunked(200, [stream_type(exchange)])
        for event in events:
            for start in range(0, len(event), 1 << 20):
                await exchange.chunk(event[start : start + (1 << 20)])
        await exchange.end_chunked()

    return run


def empty_answer(exchange: Exchange) -> Awaitable[None]:
    return answer(Answer((), usage=Usage(5, 0)))(exchange)


HTML = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>502</h1></body></html>"

MISBEHAVIOURS: dict[str, Behaviour] = {
    "reset": reset_before_head,
    "close": close_before_head,
    "hang": hang_before_head,
    "html": raw(200, "text/html; charset=utf-8", HTML),
    "html-as-json": raw(200, "application/json", HTML),
    "garbage": raw(200, "application/json", bytes(range(256)) * 40),
    "garbage-stream": raw_stream(bytes(range(256)) * 40, b"\x00\xff" * 5000),
    "empty-body": raw(200, "application/json", b""),
    "empty-object": raw(200, "application/json", b"{}"),
    "half-json": raw(200, "application/json", b'{"id":"x","choices":[{"index":0,"message":{"role":"assi'),
    "error-in-200": error_in_200,
    "error-event-first": error_event_first,
    "die-before-content": die_before_content,
    "end-before-content": end_before_content,
    "gzip-bomb": gzip_bomb,
    "empty-answer": empty_answer,
}

BY_MODEL: dict[str, Behaviour] = {
    **{name: answer(spoken) for name, spoken in CANNED.items()},
    **MISBEHAVIOURS,
    "json": structured,
    "stop-sequence": stop_sequence,
    "loose": answer(CANNED["text"], strict=False),
    "slow": answer(CANNED["text"], before=1.0),
    "paced": answer(Answer((Text("word " * 100),), pieces=100), gap=0.02),
    "endless": answer(Answer((Text("word " * 20000),), pieces=20000), gap=0.01),
    "dribble": dribble,
    "gzipped": gzipped,
    "as-json-though-stream": as_json_though_stream,
    "as-stream-though-json": as_stream_though_json,
    "die-mid-stream": die_mid_stream(),
    "reset-mid-stream": die_mid_stream("reset"),
    "end-mid-stream": die_mid_stream("clean"),
    "half-event": die_mid_stream("close", half_event=True),
    "hang-mid-stream": hang_mid_stream(),
    "error-mid-stream": error_event_mid_stream,
}


def by_model(name: str) -> Behaviour:
    """The built-in behaviour of a model name; `status-<code>` gives that error, anything unknown a 404.

    A vendor's name may stand in front (`gemini-3-pro--tool`), for what depends on the generation of a model.
    """
    name = name.rpartition("--")[2]
    if name in BY_MODEL:
        return BY_MODEL[name]
    prefix, _, code = name.partition("-")
    if prefix == "status" and code.isdigit():
        return error(int(code))
    return error(404, message=f"The model `{name}` does not exist or you do not have access to it.")
