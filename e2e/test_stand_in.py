"""The stand-in itself: the vendors' SDKs accept what it says, and it refuses what the vendors refuse."""

from __future__ import annotations

import time

import pytest

from .support.conversation import CLIENTS, Call, Client, Question, Result, Tool, Turn
from .upstream import ScriptedUpstream
from .upstream.answers import CANNED

WEATHER = Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})


@pytest.fixture(params=CLIENTS)
def direct(request: pytest.FixtureRequest, upstream: ScriptedUpstream) -> Client:
    made = CLIENTS[request.param](upstream.origin)
    yield made
    made.close()


@pytest.mark.parametrize("name", [name for name in CANNED if name != "long"])
def test_sdks_read_every_canned_answer(direct: Client, name: str, stream: bool) -> None:
    said = CANNED[name]
    reply = direct.ask(name, Question(), stream=stream)
    assert reply.text == said.text
    assert [call.input for call in reply.calls] == [block.input for block in said.blocks if hasattr(block, "input")]
    assert (reply.prompt_tokens, reply.output_tokens) == (said.usage.prompt, said.usage.output)
    assert reply.stop == ("end" if direct.dialect == "openai" and said.stop == "stop_sequence" else said.stop)


@pytest.mark.parametrize(
    ("status", "exception"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
    ],
)
def test_sdks_raise_their_exceptions(direct: Client, status: int, exception: str) -> None:
    with pytest.raises(getattr(direct.exceptions, exception)):
        direct.ask(f"status-{status}", Question(), stream=False)


def test_an_unanswered_tool_call_is_refused(direct: Client) -> None:
    history = (
        Turn("user", "Weather?"),
        Turn("assistant", calls=(Call("get_weather", {}, "call_1"),)),
        Turn("user", "?"),
    )
    with pytest.raises(direct.exceptions.BadRequestError):
        direct.ask("text", Question(history, tools=(WEATHER,)), stream=False)


def test_a_result_without_a_call_is_refused(direct: Client) -> None:
    stray = Result(Call("get_weather", {}, "call_1"), "rain")
    with pytest.raises(direct.exceptions.BadRequestError):
        direct.ask("text", Question((Turn("user", "Hi"), Turn("user", results=(stray,)))), stream=False)


def test_unknown_fields_are_refused(direct: Client) -> None:
    with pytest.raises(direct.exceptions.BadRequestError):
        direct.ask("text", Question(extra={"extra_body": {"surprise": 1}}), stream=False)


def test_a_forged_signature_is_refused(upstream: ScriptedUpstream) -> None:
    direct = CLIENTS["anthropic"](upstream.origin)
    forged = Turn("assistant", "Four.", thinking=("2 + 2", "RXJrQkNrWUlCaEFD"))
    with pytest.raises(direct.exceptions.BadRequestError):
        direct.ask("text", Question((Turn("user", "2+2?"), forged, Turn("user", "Sure?"))), stream=False)
    direct.close()


def test_the_moment_of_a_disconnect_is_recorded(direct: Client, upstream: ScriptedUpstream) -> None:
    pieces = direct.text_pieces("endless", Question())
    next(pieces)
    before = time.monotonic()
    pieces.close()
    assert upstream.requests.last("endless").wait_gone(2) - before < 0.5
