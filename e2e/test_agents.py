"""The requests of coding agents through every upstream dialect, to a provider that checks all of it."""

from __future__ import annotations

import httpx
import pytest

from .support import corpus, wire
from .support.readings import read
from .upstream import ScriptedUpstream
from .upstream.answers import CANNED


@pytest.fixture(params=corpus.AGENTS)
def agent(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("name", ["text", "parallel-tools", "thinking-tool"])
def test_an_agents_request_arrives_complete(
    http: httpx.Client,
    agent: str,
    upstream_dialect: str,
    name: str,
    prefixes: dict[str, str],
    upstream: ScriptedUpstream,
) -> None:
    dialect, make = corpus.AGENTS[agent]
    path, body, headers = make(f"{prefixes[upstream_dialect]}/{name}")
    answer = http.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text[:2000]
    said = wire.pieces(dialect, answer.text)
    assert wire.text_of(dialect, said) == CANNED[name].text
    assert any(mark in answer.text for mark in wire.CLEAN_ENDS[dialect]) or '"tool_use"' in answer.text

    got = read(upstream.requests.last(name))
    assert corpus.SYSTEM.strip() in got.system
    assert "billing-header" not in got.system or upstream_dialect == "anthropic"
    assert set(corpus.NAMES) <= set(got.tools)
    assert "Fix the failing test." in "\n".join(got.user_text)
    assert got.assistant_text == ["I look at both files."]
    assert [(call.name, call.input) for call in got.calls[:3]] == [
        ("Read", corpus.READ_A),
        ("Read", corpus.READ_B),
        ("Bash", corpus.SCREEN),
    ]
    assert [result.text.removeprefix("Error: ") for result in got.results[:2]] == [corpus.RESULT_A, corpus.RESULT_B]
    assert got.results[2].text.startswith("A screenshot")
    assert got.images == [corpus.PNG]
    if agent == "codex":
        assert b"*** Begin Patch" in upstream.requests.last(name).body, "the call of a tool that takes free text"


@pytest.mark.parametrize("upstream_dialect", ["responses", "anthropic", "gemini"], indirect=True)
def test_an_agents_own_signatures_come_back_to_its_vendor(
    http: httpx.Client, agent: str, upstream_dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    dialect, make = corpus.AGENTS[agent]
    path, body, headers = make(f"{prefixes[upstream_dialect]}/text")
    assert http.post(path, json=body, headers=headers).status_code == 200
    signed = [signature for _, signature in read(upstream.requests.last("text")).thinking]
    assert len(signed) == (1 if dialect == upstream_dialect else 0), "good for its own vendor, and for nobody else"


def test_a_same_dialect_request_is_passed_on_as_it_is(
    http: httpx.Client, agent: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    dialect, make = corpus.AGENTS[agent]
    path, body, headers = make(f"{prefixes[dialect]}/text")
    assert http.post(path, json=body, headers=headers).status_code == 200
    got = upstream.requests.last("text").json
    if dialect != "gemini":
        assert got.pop("model") == "text"
        body.pop("model")
    assert got == body


def test_an_agent_counts_its_tokens(http: httpx.Client, upstream_dialect: str, prefixes: dict[str, str]) -> None:
    """Claude Code does so all the time; the tools and results count."""
    _, body, headers = corpus.claude_code(f"{prefixes[upstream_dialect]}/text")
    for name in ("max_tokens", "stream", "metadata"):
        body.pop(name)
    answer = http.post("/v1/messages/count_tokens?beta=true", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["input_tokens"] == 2095 or answer.json()["input_tokens"] > 15_000
