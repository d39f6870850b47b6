"""Every field of every dialect with every kind of value: a 400 that names it, or an answer; never a 5xx of ours.

What is wrong for sure is never answered when it has to be put into another dialect.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from .support import wire
from .support.clients import CLIENTS
from .support.conversation import PNG
from .support.gateway import Gateway
from .upstream import ScriptedUpstream
from .upstream.answers import HELLO

VALUES: list[Any] = [None, True, 0, -1, 1.5, 1e308, "text", "", [], [[]], [None], {}, {"a": {"b": []}}, ["x", 1]]

FIELDS = {
    "openai": """messages max_tokens max_completion_tokens temperature top_p n stop seed tools tool_choice functions
        function_call response_format stream stream_options reasoning_effort user parallel_tool_calls metadata
        logit_bias logprobs top_logprobs presence_penalty frequency_penalty modalities audio prediction store
        service_tier verbosity web_search_options safety_identifier prompt_cache_key""",
    "responses": """input instructions max_output_tokens temperature top_p tools tool_choice parallel_tool_calls
        reasoning text include previous_response_id conversation prompt background store stream stream_options
        truncation metadata user service_tier top_logprobs max_tool_calls safety_identifier prompt_cache_key""",
    "anthropic": """messages system max_tokens temperature top_p top_k tools tool_choice stop_sequences stream thinking
        metadata output_config service_tier container mcp_servers context_management cache_control""",
    "gemini": """contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent labels
        system_instruction generation_config""",
    "ollama": "messages stream format tools think options keep_alive logprobs top_logprobs truncate shift",
}

INNER: dict[str, list[tuple[str, str]]] = {
    "gemini": [
        ("generationConfig", name)
        for name in """temperature topP topK candidateCount maxOutputTokens stopSequences seed presencePenalty
            frequencyPenalty responseLogprobs logprobs responseMimeType responseSchema responseJsonSchema
            responseModalities mediaResolution speechConfig thinkingConfig""".split()
    ]
    + [("toolConfig", "functionCallingConfig")],
    "ollama": [("options", name) for name in "num_predict temperature top_p top_k min_p seed stop num_ctx".split()],
    "responses": [("reasoning", "effort"), ("reasoning", "summary"), ("text", "format"), ("text", "verbosity")],
    "anthropic": [("thinking", "type"), ("thinking", "budget_tokens"), ("output_config", "format")],
    "openai": [("response_format", "type"), ("response_format", "json_schema"), ("stream_options", "include_usage")],
}


# What known fields may be; anything else must be refused before a provider of another dialect is asked.
KINDS = {
    "openai": {
        "text": """user reasoning_effort service_tier verbosity safety_identifier prompt_cache_key stop
            tool_choice function_call""",
        "texts": "stop modalities",
        "flag": "stream parallel_tool_calls logprobs store",
        "number": """max_tokens max_completion_tokens temperature top_p n seed top_logprobs presence_penalty
            frequency_penalty""",
        "object": """response_format stream_options metadata logit_bias web_search_options audio tool_choice
            function_call""",
        "list": "messages tools functions",
    },
    "responses": {
        "text": "input instructions tool_choice truncation user service_tier safety_identifier prompt_cache_key",
        "texts": "include",
        "flag": "parallel_tool_calls background store stream",
        "number": "max_output_tokens temperature top_p top_logprobs",
        "object": "input tool_choice reasoning text stream_options metadata",
        "list": "input tools",
    },
    "anthropic": {
        "text": "system service_tier",
        "texts": "stop_sequences",
        "flag": "stream",
        "number": "max_tokens temperature top_p top_k",
        "object": "system tool_choice thinking metadata output_config cache_control",
        "list": "messages system tools",
    },
    "gemini": {
        "text": "systemInstruction system_instruction",
        "object": "systemInstruction system_instruction tools toolConfig generationConfig generation_config",
        "list": "contents systemInstruction system_instruction tools",
    },
    "ollama": {
        "text": "format think",
        "flag": "stream think logprobs",
        "number": "top_logprobs",
        "object": "format options",
        "list": "messages tools",
    },
}


def is_of_kind(value: Any, kind: str) -> bool:
    match value:
        case bool():
            return kind == "flag"
        case int() | float():
            return kind == "number"
        case str():
            return kind == "text"
        case list():
            return kind == "list" or kind == "texts" and all(isinstance(entry, str) for entry in value)
    return kind == "object"


def is_wrong(dialect: str, field: str, value: Any) -> bool:
    """Whether no client can mean this value of a field that the dialect has; null is as good as absent."""
    kinds = [kind for kind, fields in KINDS[dialect].items() if field in fields.split()]
    return bool(kinds) and value is not None and not any(is_of_kind(value, kind) for kind in kinds)


@pytest.fixture(autouse=True)
def still_alive(gateway: Gateway, http: httpx.Client, prefixes: dict[str, str]) -> Iterator[None]:
    yield
    assert gateway.is_running()
    path, body = wire.request("openai", f"{prefixes['openai']}/text")
    assert http.post(path, json=body).json()["choices"][0]["message"]["content"] == HELLO


@pytest.fixture(params=CLIENTS, ids=lambda name: f"{name}-client")
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def send(http: httpx.Client, dialect: str, path: str, body: dict[str, Any], what: str) -> httpx.Response:
    """Sends it; the answer is a success or an error in the dialect that is the client's fault."""
    answer = http.post(path, json=body)
    assert answer.status_code in (200, 400), f"{what}: {answer.status_code} {answer.text[:500]}"
    if answer.status_code == 400:
        assert wire.error_in_body(dialect, 400, answer.json()), what
    return answer


@pytest.mark.some_pairs
def test_every_field_with_every_kind_of_value(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str]
) -> None:
    """Towards a provider that takes anything, so that every refusal is the gateway's own."""
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/loose")
    for field in FIELDS[dialect].split():
        for value in VALUES:
            answer = send(http, dialect, path, {**good, field: value}, f"{field}={value!r}")
            if dialect != upstream_dialect and is_wrong(dialect, field, value):
                assert answer.status_code == 400, f"{field}={value!r} was accepted"
            if answer.status_code == 400:
                named = answer.text.replace("_", "").lower()  # Gemini's have two spellings
                assert field.replace("_", "").lower() in named, f"{field}={value!r}: {answer.text}"


def test_inner_fields_with_every_kind_of_value(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str]
) -> None:
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/loose")
    for outer, inner in INNER[dialect]:
        for value in VALUES:
            answer = send(http, dialect, path, {**good, outer: {inner: value}}, f"{outer}.{inner}={value!r}")
            if answer.status_code == 400:
                assert outer in answer.text or inner in answer.text, f"{outer}.{inner}={value!r}: {answer.text}"


def messages_of(dialect: str, content: Any) -> dict[str, Any]:
    """A body whose one message has this content."""
    if dialect == "gemini":
        return {"contents": [{"role": "user", "parts": content}]}
    return {"input" if dialect == "responses" else "messages": [{"role": "user", "content": content}]}


def test_contents_of_every_kind(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str]
) -> None:
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/loose")
    kinds = (
        "text image_url image input_text input_image input_file file document tool_use tool_result thinking x".split()
    )
    for value in VALUES:
        contents = [value, [value], [{"type": value}], [{"text": value}], [{"functionCall": value}]]
        contents += [[{"inlineData": value}], [{"functionResponse": value}], [{"inlineData": {"data": value}}]]
        contents += [[{"type": kind, kind: value, "source": value}] for kind in kinds]
        for content in contents:
            send(http, dialect, path, {**good, **messages_of(dialect, content)}, f"content={content!r}")


@pytest.mark.parametrize(
    "role", ["", "tool", "function", "system", "developer", "model", "assistant", "wizard", 7, None]
)
def test_roles_of_every_kind(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str], role: Any
) -> None:
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/loose")
    body = messages_of(dialect, [{"text": "Hi"}] if dialect == "gemini" else "Hi")
    for messages in body.values():
        messages[0]["role"] = role
    send(http, dialect, path, {**good, **body}, f"role {role!r}")


CALL = {"name": "f", "arguments": "{}"}


def histories(dialect: str) -> dict[str, Any]:
    """Conversations with tool calls and results that do not fit together."""
    match dialect:
        case "gemini":
            call = {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]}
            result = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": "x"}}}]}
        case "responses":
            call = {"type": "function_call", "call_id": "c1", **CALL}
            result = {"type": "function_call_output", "call_id": "c1", "output": "x"}
        case "anthropic":
            call = {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]}
            result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "x"}]}
        case "ollama":
            call = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
            result = {"role": "tool", "tool_name": "f", "content": "x"}
        case _:
            calls = [{"id": "c1", "type": "function", "function": CALL}]
            call = {"role": "assistant", "content": None, "tool_calls": calls}
            result = {"role": "tool", "tool_call_id": "c1", "content": "x"}
    hello = messages_of(dialect, [{"text": "Hi"}] if dialect == "gemini" else "Hi")
    name, (question,) = next(iter(hello.items()))
    turns = {
        "an orphan result": [question, result],
        "only a result": [result],
        "a call without a result": [question, call, question],
        "a call at the end": [question, call],
        "only a call": [call],
        "the same id twice": [question, call, result, call, result],
        "two results for one call": [question, call, result, result],
        "a result before its call": [question, result, call],
        "something between call and result": [question, call, question, result],
        "a whole loop": [question, call, result],
    }
    return {title: {name: items} for title, items in turns.items()}


@pytest.mark.parametrize("title", histories("openai"))
def test_calls_and_results_that_do_not_fit(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str], title: str
) -> None:
    """Towards a strict provider of another dialect they are mended; one of the same dialect may have its say."""
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/text")
    answer = send(http, dialect, path, {**good, **histories(dialect)[title]}, title)
    if dialect != upstream_dialect:
        assert answer.status_code == 200, answer.text


def image(dialect: str, data: str) -> Any:
    url = f"data:image/png;base64,{data}"
    match dialect:
        case "gemini":
            return [{"text": "Look"}, {"inlineData": {"mimeType": "image/png", "data": data}}]
        case "responses":
            return [{"type": "input_text", "text": "Look"}, {"type": "input_image", "image_url": url}]
        case "anthropic":
            source = {"type": "base64", "media_type": "image/png", "data": data}
            return [{"type": "text", "text": "Look"}, {"type": "image", "source": source}]
    return [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]


def with_image(dialect: str, data: str) -> dict[str, Any]:
    if dialect == "ollama":
        return {"messages": [{"role": "user", "content": "Look", "images": [data]}]}
    return messages_of(dialect, image(dialect, data))


@pytest.mark.parametrize("data", ["", "!!!!", "AAA", "=", "AAAA\n", PNG[:-3], PNG.replace("+", "-"), "é" * 9, "\u0000"])
def test_base64_that_is_none(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str], data: str
) -> None:
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/loose")
    send(http, dialect, path, {**good, **with_image(dialect, data)}, f"image {data!r}")


@pytest.mark.some_pairs
def test_a_giant_image_passes(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    """Nearly as large as a request may be."""
    data = PNG[:44] + base64.b64encode(b"\x5a" * 6_900_000).decode()
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/text")
    answer = http.post(path, json={**good, **with_image(dialect, data)})
    assert answer.status_code == 200, answer.text[:500]
    assert data.encode() in upstream.requests.last("text").body


CYCLE = {
    "type": "object",
    "properties": {"next": {"$ref": "#/$defs/node"}, "self": {"$ref": "#"}, "lost": {"$ref": "#/$defs/nowhere"}},
    "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
}


def deep_schema(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


SCHEMAS: list[Any] = [CYCLE, deep_schema(40), {}, True, None, {"type": None}, {"$ref": "#"}, {"allOf": [{"$ref": "#"}]}]


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_schemas_that_go_in_circles(
    http: httpx.Client, dialect: str, upstream_dialect: str, prefixes: dict[str, str], schema: Any
) -> None:
    """Towards a provider that checks what it is sent: other dialects get a schema that they can read."""
    tools: list[dict[str, Any]] = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    match dialect:
        case "responses":
            tools = [{"type": "function", "name": "f", "parameters": schema, "strict": False}]
        case "anthropic":
            tools = [{"name": "f", "input_schema": schema}]
        case "gemini":
            tools = [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]
    path, good = wire.request(dialect, f"{prefixes[upstream_dialect]}/text")
    answer = send(http, dialect, path, {**good, "tools": tools}, repr(schema))
    if dialect != upstream_dialect:
        assert answer.status_code == 200, answer.text
