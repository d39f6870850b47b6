"""Usage and cost: every request is counted once, with the provider's figures and the catalogue's prices."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from .conftest import Own
from .support import wire
from .support.clients import CLIENTS, Client, OpenAIClient
from .support.conversation import Question
from .support.management import Management, eventually
from .upstream import Answer, ScriptedUpstream, Text, Usage, behaviours

COUNTED = Usage(1000, 500, cache_read=4000, cache_write=200, reasoning=100)


def entry(management: Management, model: str, requests: int = 1) -> dict[str, Any]:
    """The totals of a model once they show that many requests."""

    def check() -> dict[str, Any] | None:
        found = management.usage_of(model)
        return found if found and found["requests"] >= requests else None

    return eventually(check, f"usage of {model}")


@pytest.fixture
def counted(upstream: ScriptedUpstream) -> Callable[[str], str]:
    """Makes a model of its own name that answers with known usage."""

    def make(name: str) -> str:
        return upstream.script(name, behaviours.answer(Answer((Text("Counted."),), usage=COUNTED), strict=False))

    return make


def test_tokens_of_every_combination(
    client: Client,
    upstream_dialect: str,
    stream: bool,
    prefixes: dict[str, str],
    management: Management,
    counted: Callable[[str], str],
) -> None:
    model = counted(f"counted-{client.dialect}-{upstream_dialect}-{stream}")
    client.ask(f"{prefixes[upstream_dialect]}/{model}", Question(), stream=stream)
    found = entry(management, model)
    assert found["requests"] == 1
    # Gemini does not tell what it wrote to its cache.
    assert found["promptTokens"] in (COUNTED.input, COUNTED.input + COUNTED.cache_write, COUNTED.prompt)
    assert found["completionTokens"] == COUNTED.output


def test_totals_are_the_sum_of_their_parts(own: Own, upstream: ScriptedUpstream, counted: Callable[[str], str]) -> None:
    prefix = own.management.add_node("openai", upstream.base)
    client = OpenAIClient(own.gateway.origin)
    for index in range(3):
        for _ in range(index + 1):
            client.ask(f"{prefix}/{counted(f'sum-{index}')}", Question(), stream=bool(index % 2))
    client.close()
    eventually(lambda: own.management.history()["totalRequests"] == 6, "six requests")
    history = own.management.history()
    assert sum(row["requests"] for row in history["byModel"].values()) == 6
    assert sum(row["completionTokens"] for row in history["byModel"].values()) == history["totalCompletionTokens"]
    assert history["totalCompletionTokens"] == 6 * COUNTED.output
    assert sum(row["requests"] for row in history["byProvider"].values()) == 6
    assert sum(row["requests"] for row in history["byAccount"].values()) == 6
    assert sum(minute["requests"] for minute in history["last10Minutes"]) == 6


def price_of(management: Management, provider: str, model: str) -> dict[str, float]:
    return management.call("GET", "/api/pricing")[provider][model]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5-20250929"), ("openai", "gpt-4.1-mini")],
)
@pytest.mark.parametrize("dialect", ["openai", "anthropic", "gemini"])
def test_the_cost_follows_the_price_list(
    own: Own,
    upstream: ScriptedUpstream,
    counted: Callable[[str], str],
    provider: str,
    model: str,
    dialect: str,
    stream: bool,
) -> None:
    counted(model)
    own.management.add_connection(provider, "sk-priced", base=upstream.base)
    client = CLIENTS[dialect](own.gateway.origin)
    client.ask(f"{provider}/{model}", Question(), stream=stream)
    client.close()
    upstream.script(model, behaviours.by_model("text"))
    price = price_of(own.management, provider, model)
    expected = (
        COUNTED.input * price["input"]
        + COUNTED.cache_read * price["cached"]
        + COUNTED.cache_write * price["cache_creation"]
        + COUNTED.output * price["output"]
    ) / 1e6
    with_reasoning_priced_apart = expected + COUNTED.reasoning * (price["reasoning"] - price["output"]) / 1e6
    found = entry(own.management, model)
    assert found["cost"] in (pytest.approx(expected), pytest.approx(with_reasoning_priced_apart))


def test_an_unknown_price_stays_unknown(
    http: httpx.Client, prefixes: dict[str, str], counted: Callable[[str], str], management: Management
) -> None:
    """Nothing of the user's own provider is known to cost 0."""
    model = counted("priceless")
    body = {"model": f"{prefixes['openai']}/{model}", "messages": [{"role": "user", "content": "Hi"}]}
    answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200
    shown = answer.headers.get("x-omniroute-response-cost")
    assert shown is None or not re.fullmatch(r"0(\.0+)?", shown)
    assert entry(management, model)["cost"] in (None, "unknown")


def test_a_cost_told_by_the_provider_wins(
    prefixes: dict[str, str], upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    said = (
        b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",'
        b'"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,'
        b'"cost":0.0123}}'
    )
    model = upstream.script("tells-its-cost", behaviours.raw(200, "application/json", said))
    body = {"model": f"{prefixes['openai']}/{model}", "messages": [{"role": "user", "content": "Hi"}]}
    answer = http.post("/v1/chat/completions", json=body)
    assert float(answer.headers["x-omniroute-response-cost"]) == pytest.approx(0.0123)


def test_headers_of_a_whole_answer(http: httpx.Client, prefixes: dict[str, str], counted: Callable[[str], str]) -> None:
    for dialect, prefix in prefixes.items():
        model = counted(f"headers-{dialect}")
        path, body = wire.request(dialect, f"{prefix}/{model}")
        headers = http.post(path, json=body).headers
        assert headers["x-omniroute-cache"] == "MISS"
        assert headers["x-omniroute-tokens-out"] == str(COUNTED.output)
        told = (COUNTED.input, COUNTED.input + COUNTED.cache_write, COUNTED.prompt)
        assert int(headers["x-omniroute-tokens-in"]) in told
        assert int(headers["x-omniroute-latency-ms"]) >= 0
        assert model in headers["x-omniroute-model"]
        assert headers["x-omniroute-provider"]
        assert headers["x-request-id"]


def test_the_figures_of_a_stream_come_as_comments_at_its_end(
    http: httpx.Client, prefixes: dict[str, str], counted: Callable[[str], str]
) -> None:
    for dialect, prefix in prefixes.items():
        model = counted(f"comments-{dialect}")
        path, body = wire.request(dialect, f"{prefix}/{model}", stream=True)
        answer = http.post(path, json=body)
        assert answer.headers["x-omniroute-model"]
        if dialect in {"gemini", "ollama"}:
            assert not re.search("^:", answer.text, re.MULTILINE), "their clients know no comments"
            continue
        comments = dict(re.findall(r"^: (x-omniroute-[a-z-]+)=(.*)$", answer.text, re.MULTILINE | re.IGNORECASE))
        figures = {name.lower(): value for name, value in comments.items()}
        assert figures["x-omniroute-tokens-out"] == str(COUNTED.output), dialect


def test_the_request_id_of_the_client_is_kept(http: httpx.Client, prefixes: dict[str, str]) -> None:
    body = {"model": f"{prefixes['openai']}/text", "messages": [{"role": "user", "content": "Hi"}]}
    answer = http.post("/v1/chat/completions", json=body, headers={"x-request-id": "my-request-1"})
    assert answer.headers["x-request-id"] == "my-request-1"


@pytest.mark.some_pairs
def test_a_stream_that_the_client_left_is_counted(
    own: Own, upstream: ScriptedUpstream, client: Client, upstream_dialect: str
) -> None:
    prefix = own.management.add_upstream(upstream_dialect, upstream.base_of(upstream_dialect))
    leaver = CLIENTS[client.dialect](own.gateway.origin)
    pieces = leaver.text_pieces(f"{prefix}/endless", Question())
    for _ in range(10):
        next(pieces)
    pieces.close()
    leaver.close()
    found = entry(own.management, "endless")
    assert found["requests"] == 1
    assert found["completionTokens"] > 0, "what is known: estimated from what was said"


def test_failed_requests_cost_nothing(own: Own, upstream: ScriptedUpstream) -> None:
    prefix = own.management.add_node("openai", upstream.base)
    client = OpenAIClient(own.gateway.origin)
    with pytest.raises(client.exceptions.APIStatusError):
        client.ask(f"{prefix}/status-500", Question(), stream=False)
    client.close()
    history = own.management.history()
    assert history["totalCompletionTokens"] == 0
    assert not history["totalCost"]


def test_usage_by_api_key(own: Own, upstream: ScriptedUpstream, counted: Callable[[str], str]) -> None:
    prefix = own.management.add_node("openai", upstream.base)
    keys = [own.management.add_key(name) for name in ("alice", "bob")]
    for times, key in enumerate(keys, 1):
        client = OpenAIClient(own.gateway.origin, key["key"])
        for _ in range(times):
            client.ask(f"{prefix}/{counted('by-key')}", Question(), stream=False)
        client.close()
    eventually(lambda: own.management.history()["totalRequests"] == 3, "three requests")
    by_key = own.management.history()["byApiKey"]
    assert [by_key[f"id:{key['id']}"]["requests"] for key in keys] == [1, 2]


def test_usage_survives_a_restart(own: Own, upstream: ScriptedUpstream, counted: Callable[[str], str]) -> None:
    prefix = own.management.add_node("openai", upstream.base)
    client = OpenAIClient(own.gateway.origin)
    for _ in range(5):
        client.ask(f"{prefix}/{counted('restart')}", Question(), stream=False)
    client.close()
    own.gateway.stop()
    own.gateway.start()
    again = Management(own.gateway)
    assert again.usage_of("restart")["requests"] == 5
    again.close()
