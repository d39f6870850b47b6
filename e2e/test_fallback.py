"""Any failure before the first content goes on to the next account, then to the next model; nobody notices."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from .conftest import Own
from .support.clients import CLIENTS, Client, OpenAIClient, refused
from .support.conversation import Question
from .support.gateway import Gateway, closed_port
from .support.management import Management
from .upstream import Behaviour, ScriptedUpstream, behaviours
from .upstream.answers import CANNED, HELLO

STATUSES = [401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 529]
GOOD = behaviours.answer(CANNED["text"])

FAILURES: dict[str, Behaviour] = {
    **{f"status-{status}": behaviours.error(status) for status in STATUSES},
    **{name: broken for name, broken in behaviours.MISBEHAVIOURS.items() if name != "hang"},
}

_numbers = itertools.count(1)


def unique(name: str) -> str:
    return f"{name}-{next(_numbers)}"


@pytest.mark.few_pairs
@pytest.mark.parametrize("name", [*FAILURES, "status-400", "status-413", "status-422"])
def test_the_next_model_of_a_combo_answers(
    client: Client,
    upstream_dialect: str,
    stream: bool,
    name: str,
    management: Management,
    fresh: str,
    upstream: ScriptedUpstream,
) -> None:
    """The first model fails in every way; the second is spoken to in another dialect."""
    other = "openai" if upstream_dialect == "anthropic" else "anthropic"
    working = management.add_node(other, upstream.base)
    model = upstream.script(unique(name), FAILURES.get(name) or behaviours.by_model(name))
    combo = management.add_combo(f"{fresh}/{model}", f"{working}/text", config={"maxRetries": 0})
    reply = client.ask(combo, Question(), stream=stream)
    assert reply.text == HELLO
    assert reply.stop == "end"
    assert len(upstream.requests.all(model)) == 1


def test_a_combo_asked_for_with_its_prefix(client: Client, management: Management, prefixes: dict[str, str]) -> None:
    combo = management.add_combo(f"{prefixes['openai']}/text")
    assert client.ask(f"combo/{combo}", Question(), stream=False).text == HELLO


def test_models_of_a_combo_are_tried_in_order(
    client: Client, management: Management, upstream: ScriptedUpstream
) -> None:
    models = [upstream.script(unique("order"), behaviours.error(503)) for _ in range(3)]
    steps = [f"{management.add_node('openai', upstream.base)}/{model}" for model in models]
    last = f"{management.add_node('openai', upstream.base)}/text"
    combo = management.add_combo(*steps, last, config={"maxRetries": 0})
    assert client.ask(combo, Question(), stream=False).text == HELLO
    times = [upstream.requests.last(model).received_at for model in models]
    assert times == sorted(times)


def test_when_all_models_of_a_combo_fail(client: Client, management: Management, upstream: ScriptedUpstream) -> None:
    steps = [f"{management.add_node('openai', upstream.base)}/status-{status}" for status in (503, 429)]
    combo = management.add_combo(*steps, config={"maxRetries": 0})
    with refused(client, 503):  # the status of the first failure
        client.ask(combo, Question(), stream=False)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Management:
    """A gateway whose nodes may have several accounts."""
    process = Gateway(
        tmp_path_factory.mktemp("accounts"), environment={"ALLOW_MULTI_CONNECTIONS_PER_COMPAT_NODE": "true"}
    ).start()
    session = Management(process)
    session.gateway = process
    yield session
    session.close()
    process.stop()


def two_accounts(management: Management, upstream: ScriptedUpstream, first: Behaviour, base: str | None = None) -> str:
    """A provider with two accounts, the first of which behaves as told; returns the model to ask for."""
    bad, good = upstream.script(unique("sk-bad"), first), upstream.script(unique("sk-good"), GOOD)
    prefix = management.add_node("openai", upstream.base, key=bad)
    nodes = management.call("GET", "/api/provider-nodes")["nodes"]
    node = next(node for node in nodes if node["prefix"] == prefix)
    connections = management.call("GET", "/api/providers")["connections"]
    first_account = next(item for item in connections if item["provider"] == node["id"])
    if base:
        management.call("PUT", f"/api/providers/{first_account['id']}", {"providerSpecificData": {"baseUrl": base}})
    management.add_connection(node["id"], good, name=unique("second"), priority=2)
    return f"{prefix}/text"


@pytest.mark.parametrize("name", FAILURES)
def test_the_next_account_answers(name: str, stream: bool, accounts: Management, upstream: ScriptedUpstream) -> None:
    model = two_accounts(accounts, upstream, FAILURES[name])
    client = OpenAIClient(accounts.gateway.origin)
    reply = client.ask(model, Question(), stream=stream)
    client.close()
    assert reply.text == HELLO


@pytest.mark.parametrize("kind", ["refused", "dns", "tls"])
def test_the_next_account_answers_when_the_first_cannot_be_reached(
    kind: str, stream: bool, accounts: Management, upstream: ScriptedUpstream
) -> None:
    bases = {
        "refused": f"http://127.0.0.1:{closed_port()}/v1",
        "dns": "http://no-such-host.invalid/v1",
        "tls": f"https://127.0.0.1:{upstream.port}/v1",
    }
    model = two_accounts(accounts, upstream, GOOD, bases[kind])
    client = OpenAIClient(accounts.gateway.origin)
    assert client.ask(model, Question(), stream=stream).text == HELLO
    client.close()
    assert upstream.requests.last().credential.startswith("sk-good")


def test_a_failed_account_rests(accounts: Management, upstream: ScriptedUpstream) -> None:
    model = two_accounts(accounts, upstream, behaviours.error(429, retry_after="60"))
    client = OpenAIClient(accounts.gateway.origin)
    for _ in range(5):
        assert client.ask(model, Question(), stream=False).text == HELLO
    client.close()
    used = [request.credential for request in upstream.requests.all("text")][-6:]
    assert len([key for key in used if key.startswith("sk-bad")]) <= 3, (
        "the first account was tried for one request only"
    )
    assert all(key.startswith("sk-good") for key in used[-4:])


def test_a_bad_request_is_not_tried_on_the_next_account(accounts: Management, upstream: ScriptedUpstream) -> None:
    """It is the client's fault, so no other account would answer better."""
    model = two_accounts(accounts, upstream, behaviours.error(400, message="Unsupported value: temperature"))
    client = OpenAIClient(accounts.gateway.origin)
    with pytest.raises(client.exceptions.BadRequestError):
        client.ask(model, Question(), stream=False)
    client.close()
    assert upstream.requests.last().credential.startswith("sk-bad")


def test_accounts_are_tried_before_the_next_model(accounts: Management, upstream: ScriptedUpstream) -> None:
    model = two_accounts(accounts, upstream, behaviours.error(503))
    spare = accounts.add_node("openai", upstream.base, key=upstream.script(unique("sk-spare"), GOOD))
    combo = accounts.add_combo(model, f"{spare}/text", config={"maxRetries": 0})
    client = OpenAIClient(accounts.gateway.origin)
    assert client.ask(combo, Question(), stream=False).text == HELLO
    client.close()
    assert upstream.requests.last().credential.startswith("sk-good")


@pytest.mark.parametrize("dialect", CLIENTS)
def test_a_provider_that_hangs_is_left(
    dialect: str, new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream, stream: bool
) -> None:
    gateway = new_gateway(
        environment={
            "FETCH_HEADERS_TIMEOUT_MS": "300",
            "FETCH_TIMEOUT_MS": "300",
            "STREAM_READINESS_TIMEOUT_MS": "300",
        }
    ).start()
    management = Management(gateway)
    hanging, working = (management.add_node("openai", upstream.base) for _ in range(2))
    combo = management.add_combo(f"{hanging}/hang", f"{working}/text", config={"maxRetries": 0})
    management.close()
    client = CLIENTS[dialect](gateway.origin)
    assert client.ask(combo, Question(), stream=stream).text == HELLO
    client.close()


def test_a_stream_that_starts_and_says_nothing_is_left(
    new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream
) -> None:
    async def silent(exchange: behaviours.Exchange) -> None:
        await exchange.start_chunked(200, [behaviours.SSE])
        await exchange.chunk(b": waiting\n\n")
        await behaviours.hang_before_head(exchange)

    gateway = new_gateway(environment={"STREAM_READINESS_TIMEOUT_MS": "300"}).start()
    management = Management(gateway)
    model = upstream.script(unique("silent"), silent)
    hanging, working = (management.add_node("openai", upstream.base) for _ in range(2))
    combo = management.add_combo(f"{hanging}/{model}", f"{working}/text", config={"maxRetries": 0})
    management.close()
    client = OpenAIClient(gateway.origin)
    assert client.ask(combo, Question(), stream=True).text == HELLO
    client.close()


def test_accounts_of_a_catalogue_provider(own: Own, upstream: ScriptedUpstream) -> None:
    """Two keys of a provider of the catalogue, with the base URL overridden."""
    bad, good = upstream.script(unique("sk-bad"), behaviours.error(401)), upstream.script(unique("sk-good"), GOOD)
    own.management.add_connection("groq", bad, base=upstream.base, priority=1)
    own.management.add_connection("groq", good, base=upstream.base, priority=2)
    client = OpenAIClient(own.gateway.origin)
    assert client.ask("groq/llama-3.3-70b-versatile", Question(), stream=False).text == HELLO
    client.close()
    assert [upstream.requests.all("llama-3.3-70b-versatile")[-2:][i].credential for i in (0, 1)] == [bad, good]
