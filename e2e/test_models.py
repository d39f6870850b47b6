"""The model list and the other ways of naming a provider."""

from __future__ import annotations

import time

import httpx
import pytest

from .support.clients import AnthropicClient, OpenAIClient
from .support.conversation import Question
from .support.gateway import Gateway
from .support.management import Management
from .upstream import ScriptedUpstream
from .upstream.answers import HELLO


def test_the_list_in_openais_shape(
    openai_client: OpenAIClient, management: Management, prefixes: dict[str, str]
) -> None:
    combo = management.add_combo(f"{prefixes['openai']}/text")
    models = list(openai_client.sdk.models.list())
    assert combo in {model.id for model in models}
    assert {model.object for model in models} == {"model"}
    assert openai_client.sdk.models.retrieve(combo).id == combo


def test_the_list_in_anthropics_shape(
    anthropic_client: AnthropicClient, management: Management, prefixes: dict[str, str]
) -> None:
    combo = management.add_combo(f"{prefixes['openai']}/text")
    page = anthropic_client.sdk.models.list(limit=1000)
    assert combo in {model.id for model in page.data}
    assert {model.type for model in page.data} == {"model"}


def test_models_of_a_catalogue_provider_are_listed_once_it_has_an_account(
    openai_client: OpenAIClient, management: Management, upstream: ScriptedUpstream
) -> None:
    def listed() -> set[str]:
        return {model.id for model in openai_client.sdk.models.list()}

    assert "ds/deepseek-chat" not in listed()
    connection = management.add_connection("deepseek", "sk-listed", base=upstream.base)
    assert any(name.startswith("ds/") for name in listed())
    management.call("DELETE", f"/api/providers/{connection['id']}")
    assert not any(name.startswith("ds/") for name in listed())


@pytest.mark.parametrize("upstream_dialect", ["openai", "responses", "anthropic"], indirect=True)
def test_models_of_a_server_of_ones_own_are_listed(
    openai_client: OpenAIClient, management: Management, upstream: ScriptedUpstream, upstream_dialect: str
) -> None:
    """No catalogue knows them: the server itself is asked."""
    prefix = management.add_upstream(upstream_dialect, upstream.base_of(upstream_dialect))
    listed = {model.id for model in openai_client.sdk.models.list()}
    assert {f"{prefix}/text", f"{prefix}/tool"} <= listed
    assert openai_client.sdk.models.retrieve(f"{prefix}/text").id == f"{prefix}/text"


def test_a_server_that_is_down_does_not_keep_the_list_waiting(
    openai_client: OpenAIClient, management: Management
) -> None:
    management.add_node("openai", "http://127.0.0.1:9/v1")
    started = time.monotonic()
    list(openai_client.sdk.models.list())
    assert time.monotonic() - started < 3


def test_an_unknown_model_is_not_found(openai_client: OpenAIClient) -> None:
    with pytest.raises(openai_client.exceptions.NotFoundError):
        openai_client.sdk.models.retrieve("no-such-model")


def test_the_route_of_a_provider(gateway: Gateway, prefixes: dict[str, str], stream: bool) -> None:
    for prefix in prefixes.values():
        client = OpenAIClient(gateway.origin, path=f"/v1/providers/{prefix}")
        assert client.ask("text", Question(), stream=stream).text == HELLO
        assert client.ask(f"{prefix}/text", Question(), stream=stream).text == HELLO
        client.close()


def test_the_route_of_a_provider_refuses_another_providers_model(gateway: Gateway, prefixes: dict[str, str]) -> None:
    client = OpenAIClient(gateway.origin, path=f"/v1/providers/{prefixes['openai']}")
    with pytest.raises(client.exceptions.BadRequestError):
        client.ask("groq/llama-3.3-70b-versatile", Question(), stream=False)
    client.close()


def test_paths_also_work_below_api(http: httpx.Client, prefixes: dict[str, str]) -> None:
    body = {"model": f"{prefixes['openai']}/text", "messages": [{"role": "user", "content": "Hi"}]}
    assert http.post("/api/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"] == HELLO
    assert http.get("/api/v1/models").json()["object"] == "list"


def test_a_catalogue_model_by_its_bare_name(
    openai_client: OpenAIClient, management: Management, upstream: ScriptedUpstream
) -> None:
    """`gpt-…` belongs to OpenAI, `claude-…` to Anthropic; the request goes to the account's own base URL."""
    from .upstream import behaviours
    from .upstream.answers import CANNED

    accounts = [
        management.add_connection("openai", "sk-bare-openai", base=upstream.base),
        management.add_connection("anthropic", "sk-bare-anthropic", base=upstream.base),
    ]
    for model, key, path in (
        ("gpt-4o", "sk-bare-openai", "/v1/chat/completions"),
        ("claude-sonnet-4-5-20250929", "sk-bare-anthropic", "/v1/messages"),
    ):
        upstream.script(key, behaviours.answer(CANNED["text"], strict=False))
        assert openai_client.ask(model, Question(), stream=False).text == HELLO
        request = upstream.requests.last(model)
        assert (request.credential, request.path) == (key, path)
    for account in accounts:
        management.call("DELETE", f"/api/providers/{account['id']}")


def test_without_any_account_only_the_demo_is_listed_and_answers(new_gateway) -> None:  # noqa: ANN001
    gateway = new_gateway().start()
    client = OpenAIClient(gateway.origin)
    assert [model.id for model in client.sdk.models.list()] == ["demo/echo"]
    for stream in (False, True):
        assert "Hello" in client.ask("demo/echo", Question(), stream=stream).text
    client.close()
    client = AnthropicClient(gateway.origin)
    assert "Hello" in client.ask("demo/echo", Question(), stream=True).text
    client.close()


def test_the_demo_disappears_with_the_first_account(openai_client: OpenAIClient, prefixes: dict[str, str]) -> None:
    assert prefixes
    assert "demo/echo" not in {model.id for model in openai_client.sdk.models.list()}
