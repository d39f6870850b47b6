"""Fixtures shared by all suites."""

from __future__ import annotations

import functools
import itertools
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from .support.clients import CLIENTS, AnthropicClient, Client, OpenAIClient
from .support.conversation import Question, Reply
from .support.gateway import BINARY, Gateway
from .support.management import PROVIDERS, Management
from .upstream import ScriptedUpstream

DIALECTS = ("openai", "responses", "anthropic", "gemini", "ollama")

USUAL_PAIRS = {*itertools.product(("openai", "anthropic"), repeat=2), *zip(DIALECTS, DIALECTS[1:], strict=False)}
USUAL_PAIRS |= {("responses", "responses"), ("gemini", "gemini"), ("ollama", "ollama"), ("ollama", "openai")}
"""Client and upstream of tests marked `some_pairs`, which run for all pairs under --full only."""

FEW_PAIRS = {*zip(DIALECTS, ("anthropic", "openai", "gemini", "ollama", "responses"), strict=True)}
"""Those of tests marked `few_pairs`: each dialect once on either side."""

PAIRS_OF_MARKS = {"some_pairs": USUAL_PAIRS, "few_pairs": FEW_PAIRS}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run the long tests and the third-party server")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="runs under --full only")
    for item in items:
        if "full" in item.keywords:
            item.add_marker(skip)
    left_out = {item for item in items if not _is_usual(item)}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _is_usual(item: pytest.Item) -> bool:
    marked = next((pairs for mark, pairs in PAIRS_OF_MARKS.items() if mark in item.keywords), None)
    parameters = getattr(item, "callspec", None)
    if marked is None or parameters is None:
        return True
    client = parameters.params.get("client") or parameters.params.get("dialect")
    pair = (client, parameters.params.get("upstream_dialect"))
    return None in pair or pair in marked


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Shows the end of the gateway's output below a failure."""
    report = yield
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Gateway) and value.output:
                report.sections.append(("gateway output", "\n".join(value.output.splitlines()[-40:])))
    return report


@pytest.fixture(scope="session", autouse=True)
def one_trust_store() -> Iterator[None]:
    """Reads the certificate authorities once for all clients: an SDK does so for each, a third of a short test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def binary() -> Path:
    assert BINARY.exists(), f"{BINARY} does not exist; run script/build first"
    return BINARY


@pytest.fixture(scope="session")
def upstream() -> Iterator[ScriptedUpstream]:
    server = ScriptedUpstream().start()
    yield server
    server.stop()
    assert not server.problems, server.problems


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for all tests that do not change its state for others."""
    process = Gateway(tmp_path_factory.mktemp("gateway")).start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def management(gateway: Gateway) -> Iterator[Management]:
    session = Management(gateway)
    yield session
    session.close()


@pytest.fixture(scope="session")
def prefixes(management: Management, upstream: ScriptedUpstream) -> dict[str, str]:
    """The model prefix of a provider of each dialect; nothing may fail on these, so that they never cool down.

    Tests whose provider may fail ask for `fresh`, which replaces such accounts before and after.
    """
    return {dialect: management.add_upstream(dialect, upstream.base_of(dialect)) for dialect in DIALECTS}


@pytest.fixture
def new_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways of the test's own, not started; stopped at the end."""
    made: list[Gateway] = []

    def make(**options: Any) -> Gateway:
        process = Gateway(tmp_path / f"gateway{len(made)}", **options)
        made.append(process)
        return process

    yield make
    for process in made:
        process.stop()


@pytest.fixture
def own(new_gateway: Callable[..., Gateway]) -> Iterator[Own]:
    """A gateway of the test's own with a management session: for tests that make accounts fail."""
    process = new_gateway().start()
    session = Management(process)
    yield Own(process, session)
    session.close()


@dataclass(frozen=True)
class Own:
    gateway: Gateway
    management: Management


@pytest.fixture(params=DIALECTS, ids=lambda name: f"{name}-client")
def client(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[Client]:
    made = CLIENTS[request.param](gateway.origin)
    yield made
    made.close()


@pytest.fixture
def openai_client(gateway: Gateway) -> Iterator[OpenAIClient]:
    made = OpenAIClient(gateway.origin)
    yield made
    made.close()


@pytest.fixture
def anthropic_client(gateway: Gateway) -> Iterator[AnthropicClient]:
    made = AnthropicClient(gateway.origin)
    yield made
    made.close()


@pytest.fixture(params=DIALECTS, ids=lambda name: f"{name}-upstream")
def upstream_dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def fresh(
    management: Management, prefixes: dict[str, str], upstream: ScriptedUpstream, upstream_dialect: str
) -> Iterator[str]:
    """The prefix of a provider whose account may cool down as it likes."""
    base = upstream.base_of(upstream_dialect)
    yield management.add_upstream(upstream_dialect, base)
    if upstream_dialect in PROVIDERS:
        management.add_upstream(upstream_dialect, base)


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def ask(
    client: Client, upstream_dialect: str, stream: bool, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> Callable[..., Reply]:
    """Asks a question in the combination of client, upstream and streaming at hand; `model` without its prefix."""

    def run(model: str, question: Question | None = None) -> Reply:
        return client.ask(f"{prefixes[upstream_dialect]}/{model}", question or Question(), stream=stream)

    return run


@pytest.fixture
def http(gateway: Gateway) -> Iterator[httpx.Client]:
    """Plain HTTP to the gateway, for what no SDK would send."""
    with httpx.Client(base_url=gateway.origin, timeout=30) as made:
        yield made
