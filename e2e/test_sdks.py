"""The comfortable ways of the SDKs – helpers, parsers, runners, sessions – against every upstream dialect."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import httpx
import ollama
import pydantic
import pytest
from google.genai import types

from .support.clients import AnthropicClient, GeminiClient, OllamaClient, OpenAIClient, ResponsesClient, refused
from .support.conversation import PNG
from .support.gateway import Gateway
from .support.management import Management
from .support.readings import read
from .upstream import ScriptedUpstream, behaviours
from .upstream.answers import CANNED, HELLO
from .upstream.exchange import Exchange
from .upstream.server import COUNT

_numbers = itertools.count(1)


class Person(pydantic.BaseModel):
    name: str
    born: int


ADA = Person(name="Ada", born=1815)


def get_weather(city: str, days: int = 1) -> str:
    """Tells the weather of a city.

    Args:
      city: The name of the city.
      days: For how many days.
    """
    return f"Rain in {city} for {days} days"


SAID_BY_TOOL = "Rain in Zürich for 3 days"

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}


@pytest.fixture
def model(prefixes: dict[str, str], upstream_dialect: str) -> Callable[[str], str]:
    return lambda name: f"{prefixes[upstream_dialect]}/{name}"


@pytest.fixture
def loop(model: Callable[[str], str], upstream: ScriptedUpstream) -> str:
    """A model that calls a tool and, when it has the result, answers."""

    async def run(exchange: Exchange) -> None:
        has_result = b"Rain in" in exchange.request.body
        await behaviours.by_model("text" if has_result else "tool")(exchange)

    return model(upstream.script(f"loop-{next(_numbers)}", run))


def tool_results(upstream: ScriptedUpstream, model: str) -> list[str]:
    return [result.text for result in read(upstream.requests.last(model.partition("/")[2])).results]


# OpenAI: Chat


def test_chat_stream_helper(openai_client: OpenAIClient, model: Callable[[str], str]) -> None:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}}
    messages = [{"role": "user", "content": "Weather?"}]
    with openai_client.sdk.chat.completions.stream(
        model=model("tool"), messages=messages, tools=[tool], stream_options={"include_usage": True}
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"content.delta", "content.done", "tool_calls.function.arguments.delta"} <= kinds
    message = final.choices[0].message
    assert message.content == "Let me look."
    assert [call.function.name for call in message.tool_calls] == ["get_weather"]
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.usage.prompt_tokens == 12


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_chat_parses_structured_output(
    openai_client: OpenAIClient, model: Callable[[str], str], streamed: bool
) -> None:
    wish: dict[str, Any] = {"model": model("json"), "messages": [{"role": "user", "content": "Who?"}]}
    wish["response_format"] = Person
    if streamed:
        with openai_client.sdk.chat.completions.stream(**wish) as stream:
            answer = stream.get_final_completion()
    else:
        answer = openai_client.sdk.chat.completions.parse(**wish)
    assert answer.choices[0].message.parsed == ADA


def test_legacy_completions(openai_client: OpenAIClient, model: Callable[[str], str], stream: bool) -> None:
    wish = {"model": model("text"), "prompt": "Say hello", "max_tokens": 50}
    if stream:
        chunks = list(openai_client.sdk.completions.create(**wish, stream=True))
        text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
        finishes = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
        assert {chunk.object for chunk in chunks} == {"text_completion"}
        assert finishes == ["stop"]
    else:
        answer = openai_client.sdk.completions.create(**wish)
        text = answer.choices[0].text
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage.completion_tokens == 34
        assert answer.model == wish["model"]
    assert text == HELLO


# OpenAI: Responses


@pytest.fixture
def responses(gateway: Gateway) -> Iterator[ResponsesClient]:
    made = ResponsesClient(gateway.origin)
    yield made
    made.close()


def test_responses_stream_helper(responses: ResponsesClient, model: Callable[[str], str]) -> None:
    with responses.sdk.responses.stream(model=model("text"), input="Hi") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == HELLO
    assert final.status == "completed"
    assert (final.usage.input_tokens, final.usage.output_tokens) == (12, 34)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_responses_parse(responses: ResponsesClient, model: Callable[[str], str], streamed: bool) -> None:
    if streamed:
        with responses.sdk.responses.stream(model=model("json"), input="Who?", text_format=Person) as stream:
            answer = stream.get_final_response()
    else:
        answer = responses.sdk.responses.parse(model=model("json"), input="Who?", text_format=Person)
    assert answer.output_parsed == ADA


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_a_tool_loop_that_refers_to_the_previous_response(
    responses: ResponsesClient, model: Callable[[str], str], upstream: ScriptedUpstream, streamed: bool
) -> None:
    """The client sends only what is new; what was before comes from the provider or from us."""
    tool = {"type": "function", "name": "get_weather", "parameters": WEATHER, "strict": False}
    wish: dict[str, Any] = {"model": model("tool"), "input": "Weather in Zürich?", "tools": [tool]}
    first = responses.collect(wish) if streamed else responses.sdk.responses.create(**wish)
    call = next(item for item in first.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": SAID_BY_TOOL}
    wish = {"model": model("text"), "input": [output], "tools": [tool], "previous_response_id": first.id}
    second = responses.collect(wish) if streamed else responses.sdk.responses.create(**wish)
    assert second.output_text == HELLO
    assert second.previous_response_id == first.id
    request = upstream.requests.last("text")
    got = read(request)
    assert [result.text for result in got.results] == [SAID_BY_TOOL]
    if request.json.get("previous_response_id") is None:
        assert got.user_text == ["Weather in Zürich?"]
        assert [(call.name, call.input["city"]) for call in got.calls] == [("get_weather", "Zürich")]
    third = responses.sdk.responses.create(model=model("text"), input="Thanks", previous_response_id=second.id)
    assert third.output_text == HELLO


def test_stored_responses(responses: ResponsesClient, model: Callable[[str], str]) -> None:
    sdk = responses.sdk.responses
    made = sdk.create(model=model("text"), input="Hello there")
    kept = sdk.retrieve(made.id)
    assert (kept.id, kept.output_text, kept.status) == (made.id, HELLO, "completed")
    assert kept.model == made.model
    items = list(sdk.input_items.list(made.id))
    assert [(item.type, item.content[0].text) for item in items] == [("message", "Hello there")]
    with refused(responses, 400):
        sdk.cancel(made.id)
    sdk.delete(made.id)
    for action in (sdk.retrieve, sdk.delete, sdk.input_items.list):
        with refused(responses, 404):
            action(made.id)
    with refused(responses, 400) as refusals:
        sdk.create(model=model("text"), input="Hi", previous_response_id=made.id)
    assert made.id in refusals[0].message


def test_what_is_not_to_be_stored_is_not(responses: ResponsesClient, model: Callable[[str], str]) -> None:
    made = responses.sdk.responses.create(model=model("text"), input="Hello", store=False)
    with refused(responses, 404):
        responses.sdk.responses.retrieve(made.id)


def test_responses_count_their_input(responses: ResponsesClient, model: Callable[[str], str]) -> None:
    count = responses.sdk.responses.input_tokens.count(model=model("text"), input="How many tokens is this?")
    assert count.input_tokens == COUNT or 3 <= count.input_tokens <= 30


# Anthropic


def test_messages_stream_helper(anthropic_client: AnthropicClient, model: Callable[[str], str]) -> None:
    wish = {"model": model("thinking-tool"), "max_tokens": 4096, "messages": [{"role": "user", "content": "Bern?"}]}
    tool = {"name": "get_weather", "input_schema": WEATHER}
    with anthropic_client.sdk.messages.stream(
        **wish, tools=[tool], thinking={"type": "enabled", "budget_tokens": 2048}
    ) as stream:
        open_blocks: list[int] = []
        for event in stream:
            if event.type == "content_block_start":
                open_blocks.append(event.index)
            if event.type == "content_block_stop":
                assert open_blocks[-1] == event.index, "one block after the other"
        final = stream.get_final_message()
    assert open_blocks == list(range(len(final.content)))
    shown = [block for block in final.content if block.type != "thinking" or block.thinking]
    assert [block.type for block in shown] == ["thinking", "text", "tool_use"]
    assert shown[0].signature, "what has no signature is thrown away by clients"
    assert shown[2].input == {"city": "Bern"}
    assert final.stop_reason == "tool_use"


def test_the_anthropic_tool_runner(
    anthropic_client: AnthropicClient, loop: str, upstream: ScriptedUpstream, stream: bool
) -> None:
    """The runner first tries a thread that the server keeps, and must learn that there is none."""
    runner = anthropic_client.sdk.beta.messages.tool_runner(
        model=loop,
        max_tokens=1000,
        messages=[{"role": "user", "content": "Weather?"}],
        tools=[anthropic.beta_tool(get_weather)],
        stream=stream,
    )
    answers = [step.get_final_message() if stream else step for step in runner]
    assert [answer.stop_reason for answer in answers] == ["tool_use", "end_turn"]
    assert answers[-1].content[0].text == HELLO
    assert tool_results(upstream, loop) == [SAID_BY_TOOL]


def test_cache_marks_reach_those_who_know_them(
    anthropic_client: AnthropicClient, model: Callable[[str], str], upstream_dialect: str, upstream: ScriptedUpstream
) -> None:
    mark = {"type": "ephemeral"}
    system = [{"type": "text", "text": "Be brief.", "cache_control": mark}]
    content = [{"type": "text", "text": "Hi", "cache_control": mark}]
    answer = anthropic_client.sdk.messages.with_raw_response.create(
        model=model("text"), max_tokens=99, system=system, messages=[{"role": "user", "content": content}]
    )
    assert "x-omniroute-loss" not in answer.headers, "a mark is a hint at a price, not a wish"
    body = upstream.requests.last("text").body.decode()
    assert body.count("cache_control") == (2 if upstream_dialect == "anthropic" else 0)


# Gemini


@pytest.fixture
def gemini(gateway: Gateway) -> Iterator[GeminiClient]:
    made = GeminiClient(gateway.origin)
    yield made
    made.close()


def test_a_gemini_chat(gemini: GeminiClient, model: Callable[[str], str], upstream: ScriptedUpstream) -> None:
    chat = gemini.sdk.chats.create(model=model("text"))
    assert chat.send_message("First").text == HELLO
    assert "".join(chunk.text or "" for chunk in chat.send_message_stream("Second")) == HELLO
    got = read(upstream.requests.last("text"))
    assert got.user_text == ["First", "Second"]
    assert got.assistant_text == [HELLO]


def test_gemini_calls_functions_by_itself(gemini: GeminiClient, loop: str, upstream: ScriptedUpstream) -> None:
    chat = gemini.sdk.chats.create(model=loop, config=types.GenerateContentConfig(tools=[get_weather]))
    assert chat.send_message("Weather?").text == HELLO
    assert tool_results(upstream, loop) == [SAID_BY_TOOL]


def test_gemini_parses_structured_output(gemini: GeminiClient, model: Callable[[str], str]) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Person)
    answer = gemini.sdk.models.generate_content(model=model("json"), contents="Who?", config=config)
    assert answer.parsed == ADA


def test_gemini_counts_tokens(gemini: GeminiClient, model: Callable[[str], str], upstream_dialect: str) -> None:
    total = gemini.sdk.models.count_tokens(model=model("text"), contents="How many tokens is this?").total_tokens
    if upstream_dialect in {"anthropic", "gemini"}:
        assert total == COUNT
    else:
        assert 3 <= total <= 30


@pytest.fixture
def few_models(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> Gateway:
    """A gateway that has asked all its upstreams for their models: of very many it asks some at a time."""
    gateway = new_gateway().start()
    management = Management(gateway)
    for dialect in ("openai", "anthropic"):
        management.add_upstream(dialect, upstream.base_of(dialect))
    management.close()
    return gateway


def names_of_models(gateway: Gateway) -> set[str]:
    client = OpenAIClient(gateway.origin)
    names = {model.id for model in client.sdk.models.list()}
    client.close()
    return names


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_gemini_lists_models(few_models: Gateway, version: str) -> None:
    """The same models as for everybody, under every version of the API."""
    gemini = GeminiClient(few_models.origin)
    everybodys = names_of_models(few_models)
    options = types.HttpOptions(base_url=few_models.origin, api_version=version)
    sdk = gemini.sdk._api_client._http_options  # noqa: SLF001 – the version is a setting of the client
    sdk.api_version = options.api_version
    listed = {model.name for model in gemini.sdk.models.list()}
    assert {f"models/{name}" for name in everybodys} == listed
    name = sorted(listed)[0]
    shown = gemini.sdk.models.get(model=name)
    assert shown.name == name
    assert shown.input_token_limit
    assert {"generateContent", "countTokens"} <= set(shown.supported_actions)
    gemini.close()


def test_gemini_asynchronously(gemini: GeminiClient, model: Callable[[str], str]) -> None:
    async def ask() -> str:
        chunks = await gemini.sdk.aio.models.generate_content_stream(model=model("text"), contents="Hi")
        text = "".join([chunk.text or "" async for chunk in chunks])
        await gemini.sdk.aio.aclose()
        return text

    assert asyncio.run(ask()) == HELLO


# Ollama


@pytest.fixture
def llama(gateway: Gateway) -> Iterator[OllamaClient]:
    made = OllamaClient(gateway.origin)
    yield made
    made.close()


def test_ollama_generates(
    llama: OllamaClient, model: Callable[[str], str], upstream: ScriptedUpstream, stream: bool
) -> None:
    wish = {"model": model("text"), "prompt": "What is this?", "system": "Be brief.", "images": [PNG]}
    if stream:
        lines = list(llama.sdk.generate(**wish, stream=True))
        assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
        text, last = "".join(line.response for line in lines), lines[-1]
    else:
        last = llama.sdk.generate(**wish)
        text = last.response
    assert text == HELLO
    assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 12, 34)
    got = read(upstream.requests.last("text"))
    assert (got.system, got.user_text, got.images) == ("Be brief.", ["What is this?"], [PNG])


def test_ollama_calls_functions(llama: OllamaClient, loop: str, upstream: ScriptedUpstream) -> None:
    """A tool may be a function; its call goes back as the SDK gave it, without an id."""
    messages: list[Any] = [{"role": "user", "content": "Weather?"}]
    first = llama.sdk.chat(model=loop, messages=messages, tools=[get_weather])
    call = first.message.tool_calls[0].function
    result = {"role": "tool", "tool_name": call.name, "content": get_weather(**call.arguments)}
    messages += [first.message, result]
    assert llama.sdk.chat(model=loop, messages=messages, tools=[get_weather]).message.content == HELLO
    assert tool_results(upstream, loop) == [SAID_BY_TOOL]


def test_ollama_structures_its_output(llama: OllamaClient, model: Callable[[str], str]) -> None:
    schema = Person.model_json_schema()
    answer = llama.sdk.chat(model=model("json"), messages=[{"role": "user", "content": "Who?"}], format=schema)
    assert Person.model_validate_json(answer.message.content) == ADA


def test_ollama_lists_and_shows_models(few_models: Gateway, http: httpx.Client) -> None:
    llama = OllamaClient(few_models.origin)
    listed = {model.model for model in llama.sdk.list().models}
    assert names_of_models(few_models) == listed
    name = next(name for name in sorted(listed) if name.endswith("/text"))
    shown = llama.sdk.show(name)
    assert "completion" in shown.capabilities
    assert shown.modelinfo["general.architecture"]
    with refused(llama, 404):
        llama.sdk.show("no-such-model")
    assert list(llama.sdk.ps().models) == []
    major, minor, _ = http.get("/api/version").json()["version"].split(".")
    assert (int(major), int(minor)) >= (0, 6), "clients ask for a minimum"
    llama.close()


def test_ollama_loads_models(llama: OllamaClient, model: Callable[[str], str], upstream: ScriptedUpstream) -> None:
    """Without messages there is nothing to ask: nobody is contacted."""
    before = len(upstream.requests.all())
    answer = llama.sdk.chat(model=model("text"), messages=[])
    assert (answer.message.content, answer.done, answer.done_reason) == ("", True, "load")
    assert llama.sdk.generate(model=model("text"), prompt="").done_reason == "load"
    assert len(upstream.requests.all()) == before


def test_ollama_asynchronously(gateway: Gateway, model: Callable[[str], str]) -> None:
    async def ask() -> str:
        client = ollama.AsyncClient(host=gateway.origin)
        messages = [{"role": "user", "content": "Hi"}]
        lines = await client.chat(model=model("text"), messages=messages, stream=True)
        text = "".join([line.message.content async for line in lines])
        await client.close()
        return text

    assert asyncio.run(ask()) == HELLO


def test_ollama_takes_bytes_as_images(
    llama: OllamaClient, model: Callable[[str], str], upstream: ScriptedUpstream
) -> None:
    message = {"role": "user", "content": "What is this?", "images": [base64.b64decode(PNG)]}
    answer = llama.sdk.chat(model=model("text"), messages=[message])
    assert answer.message.content == CANNED["text"].text
    assert read(upstream.requests.last("text")).images == [PNG]
