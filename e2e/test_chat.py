"""The main job: every client dialect × every upstream dialect × whole or streamed, asked through the vendors' SDKs.

What the client gets is compared with what the stand-in said, what the stand-in got with what the client asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .support.clients import AnthropicClient, Client, OpenAIClient, refused
from .support.conversation import PDF, PNG, Call, Question, Reply, Result, Tool, Turn
from .support.readings import Reading, read
from .upstream import ScriptedUpstream, ToolUse
from .upstream.answers import CANNED, HELLO, encrypted_of, signature_of, thought_signature_of
from .upstream.server import COUNT

Ask = Callable[..., Reply]

WEATHER = Tool(
    "get_weather",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": 'a city: “Zürich”, with "quotes"'},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "title": {"type": ["string", "null"], "enum": ["Mr", "Mrs", None]},
            "where": {"type": "object", "properties": {"lat": {"type": "number"}}, "additionalProperties": False},
        },
        "required": ["city"],
    },
    "Weather of a city.",
)
TIME = Tool("get_time", {"type": "object", "properties": {"zone": {"type": "string"}}})
PING = Tool("ping", {"type": "object", "properties": {}})

ID_BEGINNINGS = {"openai": "chatcmpl-", "responses": "resp_", "anthropic": "msg_", "gemini": "", "ollama": ""}

SIGNING = {"responses", "anthropic", "gemini"}
"""Upstreams that sign or encrypt their thinking and want it back."""


@pytest.fixture
def sent(upstream: ScriptedUpstream) -> Callable[[str], Reading]:
    """What the stand-in was asked last for a model."""
    return lambda model: read(upstream.requests.last(model))


def calls_of(name: str) -> list[Call]:
    return [Call(block.name, block.input) for block in CANNED[name].blocks if isinstance(block, ToolUse)]


def without_ids(calls: list[Call]) -> list[Call]:
    return [Call(call.name, call.input) for call in calls]


def test_text(ask: Ask, client: Client, upstream_dialect: str, prefixes: dict[str, str]) -> None:
    reply = ask("text")
    assert reply.text == HELLO
    assert reply.stop == "end"
    assert reply.calls == []
    assert reply.model == f"{prefixes[upstream_dialect]}/text", "the client sees the name it asked for"
    assert (reply.prompt_tokens, reply.output_tokens) == (12, 34), "the provider's own figures, not padded"
    if client.dialect != "ollama":
        assert reply.id
    if client.dialect != upstream_dialect:
        assert (reply.id or "").startswith(ID_BEGINNINGS[client.dialect])


def test_system_text_and_history(ask: Ask, sent: Callable[[str], Reading]) -> None:
    history = (
        Turn("user", "First question\nin two lines"),
        Turn("assistant", "First answer – with “quotes”"),
        Turn("user", "Second question"),
    )
    ask("text", Question(history, system="Be brief.\n\nUse Swiss spelling: «Grüezi»."))
    got = sent("text")
    assert got.system == "Be brief.\n\nUse Swiss spelling: «Grüezi»."
    assert got.user_text == ["First question\nin two lines", "Second question"]
    assert got.assistant_text == ["First answer – with “quotes”"]


def test_developer_text_counts_as_system_text(
    openai_client: OpenAIClient, upstream_dialect: str, prefixes: dict[str, str], sent: Callable[[str], Reading]
) -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ]
    answer = openai_client.sdk.chat.completions.create(model=f"{prefixes[upstream_dialect]}/text", messages=messages)
    assert answer.choices[0].message.content == HELLO
    assert sent("text").system == "Be brief."


def as_seen(schema: Any) -> Any:
    """What every dialect can say of a schema: names, types, descriptions and what is required."""
    kinds = schema.get("type")
    kinds = [kind.lower() for kind in ([kinds] if isinstance(kinds, str) else kinds or []) if kind.lower() != "null"]
    properties = {name: as_seen(value) for name, value in schema.get("properties", {}).items()}
    return kinds, schema.get("description"), properties, sorted(schema.get("required", []))


def test_a_tool_call(ask: Ask, client: Client, upstream_dialect: str, sent: Callable[[str], Reading]) -> None:
    reply = ask("tool", Question(tools=(WEATHER, TIME)))
    assert reply.text == "Let me look."
    assert without_ids(reply.calls) == calls_of("tool")
    if client.dialect != "ollama" and (client.dialect, upstream_dialect) != ("gemini", "gemini"):
        assert reply.calls[0].id
    assert reply.stop == "tools"
    tools = sent("tool").tools
    if client.dialect == "ollama":  # whose SDK knows little of schemas
        assert {name: set(schema["properties"]) for name, schema in tools.items()} == {
            "get_weather": set(WEATHER.schema["properties"]),
            "get_time": {"zone"},
        }
    elif upstream_dialect == "gemini":
        assert {name: as_seen(schema) for name, schema in tools.items()} == {
            "get_weather": as_seen(WEATHER.schema),
            "get_time": as_seen(TIME.schema),
        }
    else:
        assert tools == {"get_weather": WEATHER.schema, "get_time": TIME.schema}


def test_parallel_tool_calls(ask: Ask, client: Client, upstream_dialect: str) -> None:
    reply = ask("parallel-tools", Question(tools=(WEATHER, TIME, PING)))
    assert without_ids(reply.calls) == calls_of("parallel-tools")
    if client.dialect != "ollama" and (client.dialect, upstream_dialect) != ("gemini", "gemini"):
        assert len({call.id for call in reply.calls}) == 3
    assert reply.stop == "tools"


@pytest.mark.some_pairs
@pytest.mark.parametrize("client", ["openai", "responses", "anthropic", "gemini"], indirect=True)
@pytest.mark.parametrize("choice", ["auto", "none", "required", "get_time"])
def test_tool_choice(ask: Ask, upstream_dialect: str, sent: Callable[[str], Reading], choice: str) -> None:
    ask("text", Question(tools=(WEATHER, TIME), choice=choice))
    got = sent("text")
    if upstream_dialect == "ollama":  # which knows no choice but that of having no tools
        assert set(got.tools) == (set() if choice == "none" else {"get_weather", "get_time"})
    else:
        assert (got.choice or "auto") == choice


@pytest.mark.parametrize("client", ["openai", "responses", "anthropic"], indirect=True)
@pytest.mark.parametrize("upstream_dialect", ["openai", "responses", "anthropic"], indirect=True)
def test_parallel_calls_can_be_switched_off(ask: Ask, sent: Callable[[str], Reading]) -> None:
    ask("text", Question(tools=(WEATHER,), parallel=False))
    assert sent("text").parallel is False


def test_tool_results_with_an_error_and_an_image(ask: Ask, sent: Callable[[str], Reading]) -> None:
    first = ask("parallel-tools", Question(tools=(WEATHER, TIME, PING)))
    results = (
        Result(first.calls[0], "Sunny, see picture", image=PNG),
        Result(first.calls[1], "no such zone", is_error=True),
        Result(first.calls[2], "pong"),
    )
    history = (
        Turn("user", "Weather and time?"),
        Turn("assistant", calls=tuple(first.calls)),
        Turn("user", "Go on", results=results),
    )
    reply = ask("text", Question(history, tools=(WEATHER, TIME, PING)))
    assert reply.text == HELLO
    got = sent("text")
    assert without_ids(got.calls) == calls_of("parallel-tools")
    if any(call.id for call in got.calls):
        assert [result.id for result in got.results] == [call.id for call in got.calls]
    assert got.results[0].text.startswith("Sunny, see picture")
    assert got.results[1].text in {"no such zone", "Error: no such zone"}
    assert got.results[1].is_error or got.results[1].text.startswith("Error: ")
    assert got.results[2].text == "pong"
    assert got.images == [PNG]
    assert got.user_text[-1] == "Go on"


def test_images(ask: Ask, sent: Callable[[str], Reading]) -> None:
    ask("text", Question((Turn("user", "What is this?", images=(PNG, PNG)),)))
    got = sent("text")
    assert got.images == [PNG, PNG]
    assert got.user_text == ["What is this?"]


@pytest.mark.parametrize("client", ["openai", "responses", "anthropic", "gemini"], indirect=True)
def test_documents(ask: Ask, client: Client, upstream_dialect: str, sent: Callable[[str], Reading]) -> None:
    question = Question((Turn("user", "Summarise.", documents=(PDF,)),))
    if upstream_dialect == "ollama":  # which takes none, so that the question would make no sense
        with refused(client, 400):
            ask("text", question)
    else:
        ask("text", question)
        assert sent("text").documents == [PDF]


def test_thinking_reaches_the_client(ask: Ask, client: Client, upstream_dialect: str) -> None:
    reply = ask("thinking", Question(think=True))
    assert reply.thinking == "First the sum: 2 + 2.\nThen the answer."
    assert reply.text == "Four."
    if "ollama" not in (client.dialect, upstream_dialect):
        assert reply.reasoning_tokens == 41


def test_a_thinking_tool_loop_goes_round(
    ask: Ask, client: Client, upstream_dialect: str, sent: Callable[[str], Reading]
) -> None:
    """An agent returns the answer as it got it, which keeps signed thinking alive; the stand-in checks signatures."""
    opening = Turn("user", "Weather in Bern?")
    first = ask("thinking-tool", Question((opening,), think=True, tools=(WEATHER,)))
    assert first.thinking == "The city is needed."
    if client.dialect == upstream_dialect == "anthropic":
        assert first.signature == signature_of(first.thinking), "byte for byte"
    history = (opening, Turn("assistant", said=first), Turn("user", results=(Result(first.calls[0], "Rain"),)))
    reply = ask("text", Question(history, think=True, tools=(WEATHER,)))
    assert reply.text == HELLO
    got = sent("text")
    assert got.results[0].text == "Rain"
    if upstream_dialect in SIGNING:
        assert [signature for _, signature in got.thinking] == [own_signature(upstream_dialect)], "it came back"


def own_signature(dialect: str) -> str:
    """What an upstream gave with the answer of `thinking-tool`."""
    thinking, _, tool = CANNED["thinking-tool"].blocks
    if dialect == "gemini":
        return thought_signature_of(tool)
    return encrypted_of(thinking.text, "sk-upstream") if dialect == "responses" else signature_of(thinking.text)


@pytest.mark.parametrize("client", ["openai", "ollama"], indirect=True)
@pytest.mark.parametrize("upstream_dialect", sorted(SIGNING), indirect=True)
def test_a_signature_that_the_client_dropped_is_put_back(
    ask: Ask, upstream_dialect: str, sent: Callable[[str], Reading]
) -> None:
    """Most clients of these dialects return the visible message only."""
    question = (Turn("user", "Weather in Bern?"),)
    first = ask("thinking-tool", Question(question, think=True, tools=(WEATHER,)))
    answered = Turn("user", results=(Result(first.calls[0], "Rain"),))
    history = (*question, Turn("assistant", first.text, calls=tuple(first.calls)), answered)
    assert ask("text", Question(history, think=True, tools=(WEATHER,))).text == HELLO
    assert [signature for _, signature in sent("text").thinking] == [own_signature(upstream_dialect)]


def test_thinking_is_asked_for(ask: Ask, client: Client, upstream_dialect: str, sent: Callable[[str], Reading]) -> None:
    ask("thinking", Question(think=True))
    if client.dialect == upstream_dialect or upstream_dialect != "openai":
        assert sent("thinking").thinks


def test_a_json_schema(ask: Ask, client: Client, upstream_dialect: str, upstream: ScriptedUpstream) -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "born": {"type": "integer"}},
        "required": ["name", "born"],
        "additionalProperties": False,
    }
    reply = ask("json", Question((Turn("user", "Who wrote the first program?"),), schema=schema))
    assert json.loads(reply.text) == {"name": "Ada", "born": 1815}
    assert reply.stop == "end"
    request = upstream.requests.last("json")
    if client.dialect == upstream_dialect or upstream_dialect != "anthropic":
        assert read(request).schema == schema
    else:
        # Natively, through a forced tool or in words: the provider must learn what is wanted in one of these ways.
        assert '"born"' in request.body.decode().replace('\\"', '"')


@pytest.mark.parametrize("client", ["openai", "anthropic", "gemini", "ollama"], indirect=True)
def test_stop_sequences(ask: Ask, client: Client, upstream_dialect: str, sent: Callable[[str], Reading]) -> None:
    reply = ask("stop-sequence", Question(stop=("three", "fünf")))
    assert reply.text == "one two "
    if upstream_dialect != "responses":  # which has no such field: what comes after the words is cut off
        assert sent("stop-sequence").stop == ["three", "fünf"]
    if client.dialect == "anthropic" and upstream_dialect in {"anthropic", "responses"}:
        assert reply.stop == "stop_sequence"
        assert reply.raw.stop_sequence == "three"
    else:
        assert reply.stop == "end"


def test_an_answer_cut_by_its_length(ask: Ask, sent: Callable[[str], Reading]) -> None:
    reply = ask("length", Question(max_tokens=17))
    assert reply.stop == "length"
    assert sent("length").max_tokens == 17


@pytest.mark.some_pairs
@pytest.mark.parametrize("model", ["cached", "cache-write", "reasoning", "big-numbers"])
def test_usage_figures_are_the_providers_own(ask: Ask, client: Client, upstream_dialect: str, model: str) -> None:
    said = CANNED[model].usage
    reply = ask(model)
    assert (reply.prompt_tokens, reply.output_tokens) == (said.prompt, said.output)
    if "ollama" not in (client.dialect, upstream_dialect):
        assert (reply.cached_tokens or 0) == said.cache_read
        assert (reply.reasoning_tokens or 0) == said.reasoning


def test_a_refusal(ask: Ask, client: Client, upstream_dialect: str) -> None:
    reply = ask("refusal")
    assert reply.text == CANNED["refusal"].text
    assert reply.stop == ("end" if "ollama" in (client.dialect, upstream_dialect) else "refusal")


@pytest.mark.some_pairs
def test_a_long_answer(ask: Ask) -> None:
    reply = ask("long")
    assert reply.text == CANNED["long"].text
    assert reply.stop == "end"


@pytest.mark.some_pairs
def test_a_long_question(ask: Ask, sent: Callable[[str], Reading]) -> None:
    text = "Ein langer Satz – mit Ümläuten und 世界. " * 20_000
    assert ask("text", Question((Turn("user", text.strip()),))).text == HELLO
    assert sent("text").user_text == [text.strip()]


def test_sampling_settings_arrive(
    openai_client: OpenAIClient, upstream_dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    openai_client.sdk.chat.completions.create(
        model=f"{prefixes[upstream_dialect]}/text",
        messages=[{"role": "user", "content": "Hi"}],
        temperature=0.25,
        max_tokens=99,
    )
    body = upstream.requests.last("text").json
    settings = body | body.get("generationConfig", {}) | body.get("options", {})
    assert settings["temperature"] == 0.25
    limits = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict")
    assert [settings[name] for name in limits if name in settings] == [99]


def test_an_anthropic_clients_token_count(
    anthropic_client: AnthropicClient, upstream_dialect: str, prefixes: dict[str, str]
) -> None:
    count = anthropic_client.sdk.messages.count_tokens(
        model=f"{prefixes[upstream_dialect]}/text", messages=[{"role": "user", "content": "How many tokens is this?"}]
    )
    if upstream_dialect in {"anthropic", "gemini"}:
        assert count.input_tokens == COUNT, "the provider's own count"
    else:
        assert 3 <= count.input_tokens <= 30
