"""The stand-in itself: the vendors' SDKs accept what it says, and it refuses what the vendors refuse."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .support.clients import CLIENTS, Client, ResponsesClient, refused
from .support.conversation import Call, Question, Reply, Result, Tool, Turn
from .upstream import ScriptedUpstream
from .upstream.answers import CANNED

WEATHER = Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})

NO_STOP_SEQUENCE = {"openai", "responses", "gemini", "ollama"}
"""Dialects whose answers do not tell a stop sequence from any other end."""


@pytest.fixture(params=CLIENTS)
def direct(request: pytest.FixtureRequest, upstream: ScriptedUpstream) -> Iterator[Client]:
    made = CLIENTS[request.param](upstream.origin)
    yield made
    made.close()


@pytest.mark.parametrize("name", [name for name in CANNED if name not in {"long", "stop-sequence"}])
def test_sdks_read_every_canned_answer(direct: Client, name: str, stream: bool) -> None:
    said = CANNED[name]
    reply = direct.ask(name, Question(think=True), stream=stream)
    assert reply.text == said.text
    assert reply.thinking == "".join(block.text for block in said.blocks if hasattr(block, "signature"))
    assert [call.input for call in reply.calls] == [block.input for block in said.blocks if hasattr(block, "input")]
    assert (reply.prompt_tokens, reply.output_tokens) == (said.usage.prompt, said.usage.output)
    if direct.dialect != "ollama":
        assert (reply.cached_tokens or 0) == said.usage.cache_read
        assert (reply.reasoning_tokens or 0) == said.usage.reasoning
    assert reply.stop == ("end" if direct.dialect == "ollama" and said.stop == "refusal" else said.stop)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_sdks_raise_their_exceptions(direct: Client, status: int, stream: bool) -> None:
    with refused(direct, status) as refusals:
        direct.ask(f"status-{status}", Question(), stream=stream)
    assert refusals[0].message


def test_an_error_in_a_stream_is_raised(direct: Client) -> None:
    with pytest.raises(direct.stream_errors):
        list(direct.text_pieces("error-mid-stream", Question()))


def test_an_unanswered_tool_call_is_refused(direct: Client) -> None:
    if direct.dialect == "ollama":
        pytest.skip("Ollama does not look")
    history = (
        Turn("user", "Weather?"),
        Turn("assistant", calls=(Call("get_weather", {}, "call_1"),)),
        Turn("user", "?"),
    )
    with refused(direct, 400):
        direct.ask("text", Question(history, tools=(WEATHER,)), stream=False)


def test_a_result_without_a_call_is_refused(direct: Client) -> None:
    if direct.dialect == "ollama":
        pytest.skip("Ollama does not look")
    stray = Result(Call("get_weather", {}, "call_1"), "rain")
    with refused(direct, 400):
        direct.ask("text", Question((Turn("user", "Hi"), Turn("user", results=(stray,)))), stream=False)


UNKNOWN = {
    "openai": {"surprise": 1},
    "responses": {"stop": ["x"]},
    "anthropic": {"surprise": 1},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Hi", "cache_control": {}}]}]},
}


@pytest.mark.parametrize("dialect", UNKNOWN)
def test_unknown_fields_are_refused(upstream: ScriptedUpstream, dialect: str) -> None:
    headers = {"authorization": "Bearer k", "x-api-key": "k", "anthropic-version": "2023-06-01"}
    if dialect == "gemini":
        headers = {"x-goog-api-key": "k"}
    body: dict[str, Any] = {"model": "text", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    if dialect == "responses":
        body = {"model": "text", "input": "Hi"}
    if dialect == "gemini":
        body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    path = upstream.origin + CLIENTS[dialect].path.format(model="text")
    assert httpx.post(path, json=body, headers=headers).status_code == 200
    assert httpx.post(path, json={**body, **UNKNOWN[dialect]}, headers=headers).status_code == 400


def tool_loop(client: Client, model: str, first: Reply, signature: str | None, *, think: bool = True) -> Reply:
    history = (
        Turn("user", "Weather in Bern?"),
        Turn("assistant", first.text, thinking=(first.thinking, signature or ""), calls=tuple(first.calls)),
        Turn("user", results=(Result(first.calls[0], "Rain"),)),
    )
    return client.ask(model, Question(history, think=think, tools=(WEATHER,)), stream=False)


@pytest.mark.parametrize(
    ("dialect", "model"), [("anthropic", "text"), ("responses", "text"), ("gemini", "gemini-2.5-flash--text")]
)
def test_a_signature_goes_round_and_a_forged_one_is_refused(
    upstream: ScriptedUpstream, dialect: str, model: str
) -> None:
    direct = CLIENTS[dialect](upstream.origin)
    first = direct.ask("thinking-tool", Question(think=True, tools=(WEATHER,)), stream=True)
    assert first.signature
    assert tool_loop(direct, model, first, first.signature).text == CANNED["text"].text
    with refused(direct, 400):
        tool_loop(direct, model, first, "RXJrQkNrWUlCaEFD")
    direct.close()


def test_gemini_3_demands_its_signature(upstream: ScriptedUpstream) -> None:
    direct = CLIENTS["gemini"](upstream.origin)
    first = direct.ask("thinking-tool", Question(think=True, tools=(WEATHER,)), stream=False)
    assert tool_loop(direct, "gemini-3-pro--text", first, first.signature).text == CANNED["text"].text
    with refused(direct, 400) as refusals:
        tool_loop(direct, "gemini-3-pro--text", first, None)
    assert "thought_signature" in refusals[0].message
    direct.close()


def test_openai_keeps_responses(upstream: ScriptedUpstream) -> None:
    direct = ResponsesClient(upstream.origin)
    first = direct.sdk.responses.create(model="tool", input="Weather?")
    assert direct.sdk.responses.retrieve(first.id) == first
    output = {"type": "function_call_output", "call_id": first.output[1].call_id, "output": "Rain"}
    second = direct.sdk.responses.create(model="text", input=[output], previous_response_id=first.id)
    assert second.output_text == CANNED["text"].text
    assert [item.type for item in direct.sdk.responses.input_items.list(second.id)] == ["function_call_output"]
    direct.sdk.responses.delete(first.id)
    for action in (direct.sdk.responses.retrieve, direct.sdk.responses.delete):
        with refused(direct, 404):
            action(first.id)
    with refused(direct, 400):
        direct.sdk.responses.create(model="text", input="Hi", previous_response_id=first.id)
    direct.close()


def test_the_moment_of_a_disconnect_is_recorded(direct: Client, upstream: ScriptedUpstream) -> None:
    pieces = direct.text_pieces("endless", Question())
    next(pieces)
    before = time.monotonic()
    pieces.close()
    assert upstream.requests.last("endless").wait_gone(2) - before < 0.5
