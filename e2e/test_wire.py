"""What is promised about bytes: streams as one array, keep-alives, and what a translation says that it lost."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from .support import wire
from .support.clients import CLIENTS, Client
from .support.conversation import Question
from .support.gateway import Gateway
from .support.management import Management
from .upstream import ScriptedUpstream, behaviours
from .upstream.answers import CANNED, HELLO
from .upstream.exchange import Exchange


def array_address(model: str) -> tuple[str, dict[str, Any]]:
    path, body = wire.request("gemini", model, stream=True)
    return path.removesuffix("?alt=sse"), body


def test_a_gemini_stream_without_events_is_one_array(
    http: httpx.Client, upstream_dialect: str, prefixes: dict[str, str]
) -> None:
    """It can be read at any moment: what has arrived is an array but for its end."""
    path, body = array_address(f"{prefixes[upstream_dialect]}/paced")
    arrived, readings = "", 0
    with http.stream("POST", path, json=body) as answer:
        assert answer.headers["content-type"].startswith("application/json")
        for chunk in answer.iter_text():
            arrived += chunk
            if not arrived.rstrip().endswith("]"):
                json.loads(arrived.rstrip().rstrip(",") + "]")
                readings += 1
    assert readings > 10, "it arrives piece by piece"
    elements = json.loads(arrived)
    assert wire.text_of("gemini", elements) == "word " * 100
    assert [bool(element["candidates"][0].get("finishReason")) for element in elements].index(True) + 1 == len(elements)


@pytest.mark.parametrize("name", ["die-mid-stream", "error-mid-stream", "end-mid-stream"])
def test_a_broken_array_ends_with_the_error_and_can_still_be_read(http: httpx.Client, fresh: str, name: str) -> None:
    path, body = array_address(f"{fresh}/{name}")
    elements = http.post(path, json=body).json()
    assert wire.error_of("gemini", elements[-1])
    assert HELLO.startswith(wire.text_of("gemini", elements[:-1]))


def test_an_error_before_an_array(http: httpx.Client, fresh: str) -> None:
    path, body = array_address(f"{fresh}/status-429")
    answer = http.post(path, json=body)
    assert answer.status_code == 429
    told = answer.json()
    assert wire.error_in_body("gemini", 429, told[0] if isinstance(told, list) else told)


def test_geminis_hint_when_to_try_again(http: httpx.Client, fresh: str, upstream: ScriptedUpstream) -> None:
    model = upstream.script(f"later-{fresh}", behaviours.error(429, retry_after="23"))
    path, body = wire.request("gemini", f"{fresh}/{model}")
    error = http.post(path, json=body).json()["error"]
    hints = [detail["retryDelay"] for detail in error["details"] if detail["@type"].endswith("RetryInfo")]
    assert len(hints) == 1
    assert 20 <= int(hints[0].removesuffix("s")) <= 23


@pytest.fixture(scope="module")
def beating(tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedUpstream) -> Iterator[Management]:
    """A gateway with very short heartbeats."""
    settings = {"SSE_HEARTBEAT_INTERVAL_MS": "50"}
    process = Gateway(tmp_path_factory.mktemp("beating"), environment=settings).start()
    session = Management(process)
    session.gateway = process
    session.prefixes = {dialect: session.add_upstream(dialect, upstream.base_of(dialect)) for dialect in CLIENTS}
    yield session
    session.close()
    process.stop()


async def pausing(exchange: Exchange) -> None:
    """Falls silent for a while behind the first content."""
    dialect = behaviours.wire(exchange)
    events = dialect.events(CANNED["text"], exchange.request)
    first = next(index for index, event in enumerate(events) if dialect.CONTENT_MARK in event)
    await exchange.start_chunked(200, [behaviours.stream_type(exchange)])
    for index, event in enumerate(events):
        await exchange.chunk(event)
        if index == first + 1:
            await asyncio.sleep(0.6)
    await exchange.end_chunked()


@pytest.mark.some_pairs
def test_a_silent_stream_is_kept_alive(
    beating: Management, client: Client, upstream_dialect: str, upstream: ScriptedUpstream
) -> None:
    """Something arrives all the time, and the SDK sees nothing but the answer."""
    dialect = client.dialect
    model = f"{beating.prefixes[upstream_dialect]}/{upstream.script('pausing', pausing)}"
    path, body = wire.request(dialect, model, stream=True)
    silences, last, said = [], None, ""
    with httpx.stream("POST", beating.gateway.origin + path, json=body, timeout=30) as answer:
        for chunk in answer.iter_text():
            now = time.monotonic()
            silences += [now - last] if last else []
            last = now
            said += chunk
    assert max(silences) < 0.4
    assert wire.text_of(dialect, wire.pieces(dialect, said)) == HELLO
    patient = CLIENTS[dialect](beating.gateway.origin)
    reply = patient.ask(model, Question(), stream=True)
    assert (reply.text, reply.stop) == (HELLO, "end")
    patient.close()


# What is lost


def test_nothing_is_lost_of_a_plain_question(
    http: httpx.Client, client: Client, upstream_dialect: str, prefixes: dict[str, str], stream: bool
) -> None:
    path, body = wire.request(client.dialect, f"{prefixes[upstream_dialect]}/text", stream=stream)
    answer = http.post(path, json=body, headers={"x-omniroute-strict": "true"})
    assert answer.status_code == 200, answer.text
    assert "x-omniroute-loss" not in answer.headers


WEB_SEARCH = {"type": "web_search_20250305", "name": "web_search"}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}

LOSSES: list[tuple[str, str, dict[str, Any], str]] = [
    ("openai", "anthropic", {"logit_bias": {"50256": -100}}, "logit-bias"),
    ("openai", "anthropic", {"seed": 7}, "seed"),
    ("openai", "responses", {"seed": 7}, "seed"),
    ("openai", "responses", {"presence_penalty": 1}, "penalty"),
    ("openai", "gemini", {"logit_bias": {"50256": -100}}, "logit-bias"),
    ("openai", "ollama", {"tools": [FUNCTION], "tool_choice": "required"}, "tool-choice"),
    ("openai", "ollama", {"tools": [FUNCTION], "parallel_tool_calls": False}, "parallel-tools"),
    ("openai", "anthropic", {"frobnicate": 1}, "field:frobnicate"),
    ("responses", "openai", {"frobnicate": 1}, "field:frobnicate"),
    ("anthropic", "gemini", {"frobnicate": 1}, "field:frobnicate"),
    ("gemini", "openai", {"frobnicate": 1}, "field:frobnicate"),
    ("ollama", "openai", {"frobnicate": 1}, "field:frobnicate"),
    ("anthropic", "responses", {"top_k": 5}, "top-k"),
    ("anthropic", "ollama", {"tools": [WEB_SEARCH]}, "hosted-tool"),
    ("gemini", "anthropic", {"tools": [{"codeExecution": {}}]}, "hosted-tool"),
    ("gemini", "openai", {"generationConfig": {"topK": 3}}, "top-k"),
    ("ollama", "anthropic", {"options": {"min_p": 0.1}}, "min-p"),
]


@pytest.mark.parametrize(("dialect", "target", "wish", "feature"), LOSSES)
def test_what_the_target_cannot_express_is_told(
    http: httpx.Client,
    dialect: str,
    target: str,
    wish: dict[str, Any],
    feature: str,
    prefixes: dict[str, str],
    upstream: ScriptedUpstream,
) -> None:
    path, body = wire.request(dialect, f"{prefixes[target]}/text")
    answer = http.post(path, json={**body, **wish})
    assert answer.status_code == 200, answer.text
    assert feature in answer.headers["x-omniroute-loss"]
    before = len(upstream.requests.all())
    strict = http.post(path, json={**body, **wish}, headers={"x-omniroute-strict": "true"})
    assert strict.status_code == 400
    assert feature in wire.error_in_body(dialect, 400, strict.json())
    assert len(upstream.requests.all()) == before, "the provider was not asked"


def test_a_strict_request_goes_on_to_a_target_that_can(
    http: httpx.Client, management: Management, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    combo = management.add_combo(f"{prefixes['anthropic']}/text", f"{prefixes['openai']}/text")
    path, body = wire.request("openai", combo)
    answer = http.post(path, json={**body, "logit_bias": {"1": 1}}, headers={"x-omniroute-strict": "true"})
    assert answer.status_code == 200, answer.text
    assert upstream.requests.last("text").dialect == "openai"


def test_the_path_of_an_editor_with_its_key(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> None:
    """Some editors speak Ollama and send no header: the key is in the path."""
    gateway = new_gateway(environment={"REQUIRE_API_KEY": "true"}).start()
    management = Management(gateway)
    management.add_node("openai", upstream.base, prefix="up")
    key = management.add_key()["key"]
    management.close()
    _, body = wire.request("ollama", "up/text")
    answer = httpx.post(f"{gateway.origin}/v1/vscode/{key}/api/chat", json=body)
    assert answer.json()["message"]["content"] == HELLO
    assert httpx.post(f"{gateway.origin}/v1/vscode/sk-wrong/api/chat", json=body).status_code == 401
    assert key not in gateway.output
