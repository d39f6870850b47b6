"""Streams: broken ones never look whole, left ones are stopped upstream, odd ones are understood."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import statistics
import time
from collections.abc import Callable

import httpx
import pytest

from .support import wire
from .support.clients import CLIENTS, Client, OpenAIClient, refused
from .support.conversation import Question
from .support.gateway import Gateway
from .support.management import Management, eventually
from .upstream import Answer, ScriptedUpstream, Text, behaviours
from .upstream.answers import HELLO
from .upstream.exchange import Exchange

CUTS = ["die-mid-stream", "reset-mid-stream", "end-mid-stream", "half-event", "error-mid-stream"]


@pytest.mark.some_pairs
@pytest.mark.parametrize("name", CUTS)
def test_a_cut_stream_never_looks_whole(client: Client, fresh: str, name: str, http: httpx.Client) -> None:
    """On the wire: what was said, then the dialect's error, and no sign of a normal end."""
    path, body = wire.request(client.dialect, f"{fresh}/{name}", stream=True)
    answer = http.post(path, json=body)
    assert answer.status_code == 200, "the failure came after content had been sent"
    for mark in wire.CLEAN_ENDS[client.dialect]:
        assert mark not in answer.text
    pieces = wire.pieces(client.dialect, answer.text)
    assert wire.error_of(client.dialect, pieces[-1])
    said = wire.text_of(client.dialect, pieces[:-1])
    assert said
    assert HELLO.startswith(said)
    if client.dialect in {"anthropic", "responses"}:
        assert f"event: {pieces[-1]['type']}" in answer.text


@pytest.mark.some_pairs
@pytest.mark.parametrize("name", CUTS)
def test_the_sdk_raises_on_a_cut_stream(client: Client, fresh: str, name: str) -> None:
    said: list[str] = []
    with pytest.raises(client.stream_errors):
        said.extend(client.text_pieces(f"{fresh}/{name}", Question()))
    assert said
    assert HELLO.startswith("".join(said))


@pytest.mark.some_pairs
@pytest.mark.parametrize("name", CUTS)
def test_a_cut_stream_is_an_error_for_a_client_that_wants_it_whole(client: Client, fresh: str, name: str) -> None:
    with refused(client) as refusals:
        client.ask(f"{fresh}/{name}", Question(), stream=False)
    assert refusals[0].status >= 500


def test_a_stream_that_falls_silent_is_ended_with_an_error(
    new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream, upstream_dialect: str
) -> None:
    gateway = new_gateway(environment={"STREAM_IDLE_TIMEOUT_MS": "500"}).start()
    management = Management(gateway)
    for dialect, kind in CLIENTS.items():
        # An account of its own for each: one that has failed rests.
        prefix = management.add_upstream(upstream_dialect, upstream.base_of(upstream_dialect))
        client = kind(gateway.origin)
        started = time.monotonic()
        with pytest.raises(client.stream_errors):
            list(client.text_pieces(f"{prefix}/hang-mid-stream", Question()))
        assert time.monotonic() - started < 15, dialect
        client.close()
    management.close()
    upstream.requests.last("hang-mid-stream").wait_gone(2)


@pytest.mark.some_pairs
@pytest.mark.parametrize("name", ["dribble", "as-json-though-stream", "gzipped"])
def test_odd_but_sound_streams(client: Client, upstream_dialect: str, prefixes: dict[str, str], name: str) -> None:
    reply = client.ask(f"{prefixes[upstream_dialect]}/{name}", Question(), stream=True)
    assert reply.text == HELLO
    assert reply.stop == "end"


@pytest.mark.parametrize("name", ["as-stream-though-json", "gzipped"])
def test_odd_but_sound_whole_answers(
    client: Client, upstream_dialect: str, prefixes: dict[str, str], name: str
) -> None:
    reply = client.ask(f"{prefixes[upstream_dialect]}/{name}", Question(), stream=False)
    assert reply.text == HELLO
    assert (reply.prompt_tokens, reply.output_tokens) == (12, 34)


@pytest.mark.some_pairs
def test_deltas_are_passed_on_at_once(client: Client, upstream_dialect: str, prefixes: dict[str, str]) -> None:
    """The first words arrive long before the last are said (the stand-in takes two seconds for all)."""
    started = time.monotonic()
    times = [time.monotonic() - started for _ in client.text_pieces(f"{prefixes[upstream_dialect]}/paced", Question())]
    assert times[0] < 0.5
    assert times[-1] > 1.5
    assert len(times) > 50


DISCONNECTS: list[float] = []


@pytest.mark.parametrize("attempt", range(3))
def test_a_client_that_leaves_stops_the_stream_upstream(
    client: Client, upstream_dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream, attempt: int
) -> None:
    pieces = client.text_pieces(f"{prefixes[upstream_dialect]}/endless", Question())
    next(pieces)
    left = time.monotonic()
    pieces.close()
    DISCONNECTS.append(upstream.requests.last("endless").wait_gone(5) - left)


def test_leaving_is_noticed_within_fifty_milliseconds() -> None:
    """The promise is on the typical case; single attempts above may be late on a busy machine, yet not for seconds."""
    assert statistics.median(DISCONNECTS) < 0.05


@pytest.mark.parametrize("dialect", CLIENTS)
def test_a_client_that_leaves_before_the_answer_stops_the_request_upstream(
    dialect: str, stream: bool, gateway: Gateway, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    model = upstream.script(f"leave-{dialect}-{stream}", behaviours.hang_before_head)
    path, wish = wire.request(dialect, f"{prefixes['openai']}/{model}", stream=stream)
    body = json.dumps(wish).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        request = upstream.requests.wait(model)
        left = time.monotonic()
    assert request.wait_gone(5) - left < 0.5


def test_a_slow_client_slows_the_provider_instead_of_filling_memory(
    gateway: Gateway, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    """The stand-in would say 200 MB at once; a client that reads nothing must not make the gateway hold them."""
    sent = 0

    async def flood(exchange: Exchange) -> None:
        nonlocal sent
        delta = {"index": 0, "delta": {"content": "x" * 1000}, "finish_reason": None}
        event = b"data: " + json.dumps({"id": "c", "model": "m", "choices": [delta]}).encode() + b"\n\n"
        await exchange.start_chunked(200, [behaviours.SSE])
        while sent < 200_000_000:
            await exchange.chunk(event * 50)
            sent += len(event) * 50

    model = upstream.script("flood", flood)
    before = gateway.rss()
    body = json.dumps(wire.request("openai", f"{prefixes['openai']}/{model}", stream=True)[1]).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{gateway.port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as raw:
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        upstream.requests.wait(model)
        settled = -1
        while settled != sent:
            settled = sent
            time.sleep(0.3)
        assert sent < 60_000_000, "the provider was slowed down"
        assert gateway.rss() - before < 30_000_000
    upstream.requests.last(model).wait_gone(5)


@pytest.mark.parametrize("upstream_dialect", ["openai", "anthropic"], indirect=True)
@pytest.mark.parametrize("client", ["openai", "anthropic"], indirect=True)
def test_a_giant_event_passes_or_is_refused_but_harms_nothing(
    client: Client, fresh: str, upstream: ScriptedUpstream, gateway: Gateway
) -> None:
    model = upstream.script(f"giant-{client.dialect}-{fresh}", behaviours.big_event(30_000_000))
    before = gateway.rss()
    with contextlib.suppress(client.exceptions.APIError):
        reply = client.ask(f"{fresh}/{model}", Question(), stream=True)
        assert reply.text == "x" * 30_000_000
    assert gateway.is_running()
    eventually(lambda: gateway.rss() - before < 240_000_000, "memory after a 30 MB event", 10)


@pytest.mark.some_pairs
def test_an_event_of_a_few_megabytes_passes(client: Client, fresh: str, upstream: ScriptedUpstream) -> None:
    model = upstream.script(f"large-{client.dialect}-{fresh}", behaviours.big_event(3_000_000))
    assert client.ask(f"{fresh}/{model}", Question(), stream=True).text == "x" * 3_000_000


def test_text_cannot_forge_an_event(client: Client, fresh: str, upstream: ScriptedUpstream, stream: bool) -> None:
    text = 'a\n\ndata: [DONE]\n\nevent: error\r\ndata: {"type":"error"}\r\n\r\n: x\u2028\u2029\x7f end'
    model = upstream.script(f"forge-{client.dialect}-{fresh}", behaviours.answer(Answer((Text(text),), pieces=9)))
    assert client.ask(f"{fresh}/{model}", Question(), stream=stream).text == text


def test_many_streams_at_once(gateway: Gateway, prefixes: dict[str, str]) -> None:
    """Two hundred clients, each with its own stream, mixed dialects: everybody gets exactly what was said."""
    import asyncio

    pairs = list(itertools.product(CLIENTS, prefixes.values()))

    async def one(http: httpx.AsyncClient, number: int) -> str:
        dialect, prefix = pairs[number % len(pairs)]
        path, body = wire.request(dialect, f"{prefix}/text", stream=True)
        answer = await http.post(path, json=body)
        return wire.text_of(dialect, wire.pieces(dialect, answer.text))

    async def all_of_them() -> list[str]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=gateway.origin, timeout=30, limits=limits) as http:
            return await asyncio.gather(*(one(http, number) for number in range(200)))

    assert asyncio.run(all_of_them()) == [HELLO] * 200


def test_the_openai_client_without_usage_gets_no_empty_chunk(
    openai_client: OpenAIClient, prefixes: dict[str, str]
) -> None:
    """Many programs index choices[0] of every chunk."""
    for dialect in prefixes:
        chunks = openai_client.sdk.chat.completions.create(
            model=f"{prefixes[dialect]}/text", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        assert all(chunk.choices for chunk in chunks), dialect


def test_headers_of_a_stream(
    client: Client, upstream_dialect: str, prefixes: dict[str, str], http: httpx.Client
) -> None:
    path, body = wire.request(client.dialect, f"{prefixes[upstream_dialect]}/text", stream=True)
    with http.stream("POST", path, json=body) as answer:
        kind = "application/x-ndjson" if client.dialect == "ollama" else "text/event-stream"
        assert answer.headers["content-type"].startswith(kind)
        assert "no-cache" in answer.headers["cache-control"]
        assert "content-length" not in answer.headers
        assert "content-encoding" not in answer.headers
        answer.read()
    ending = {"gemini": "\r\n\r\n", "ollama": "}\n"}.get(client.dialect, "\n\n")
    assert answer.text.endswith(ending)
