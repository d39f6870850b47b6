"""Errors of the provider reach the client as its SDK's exceptions, with the provider's message and Retry-After."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .support import wire
from .support.clients import Client, Refusal, refused
from .support.conversation import Question
from .support.gateway import Gateway, closed_port
from .support.management import Management
from .upstream import ScriptedUpstream, behaviours

OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_error",
}

GEMINI_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

TYPES: dict[str, dict[int, str]] = {
    "openai": OPENAI_TYPES,
    "responses": OPENAI_TYPES,
    "anthropic": {
        400: "invalid_request_error",
        401: "authentication_error",
        402: "billing_error",
        403: "permission_error",
        404: "not_found_error",
        408: "timeout_error",
        413: "request_too_large",
        429: "rate_limit_error",
        500: "api_error",
        502: "api_error",
        503: "overloaded_error",
        504: "timeout_error",
        529: "overloaded_error",
    },
    "gemini": GEMINI_STATUSES,
}


def failure(client: Client, model: str, *, stream: bool, question: Question | None = None) -> Refusal:
    with refused(client) as refusals:
        client.ask(model, question or Question(), stream=stream)
    return refusals[0]


def check_shape(client: Client, error: Refusal) -> None:
    """The body is the client dialect's, with a message for people and nothing internal in it."""
    message = wire.error_in_body(client.dialect, error.status, error.body)
    if client.dialect == "anthropic":
        assert error.headers["request-id"] == error.body["request_id"]
    assert message
    assert "\n" not in message
    assert "/" + "Sources/" not in message
    assert "Swift" not in message


def kind_of(client: Client, error: Refusal) -> str | None:
    """The word for the kind of error, where the dialect has one."""
    if client.dialect == "ollama":
        return None
    return error.body["error"]["status" if client.dialect == "gemini" else "type"]


@pytest.mark.some_pairs
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529])
def test_a_providers_error(client: Client, upstream_dialect: str, fresh: str, status: int) -> None:
    error = failure(client, f"{fresh}/status-{status}", stream=status % 2 == 0)
    expected = status
    if status == 529 and client.dialect != "anthropic":
        expected = 503
    if status == 422 and client.dialect == "ollama":
        expected = 400
    assert error.status == expected
    check_shape(client, error)
    if upstream_dialect != client.dialect and expected in TYPES.get(client.dialect, {}):
        assert kind_of(client, error) == TYPES[client.dialect][expected]


def test_the_providers_message_is_passed_on(
    client: Client, fresh: str, upstream: ScriptedUpstream, stream: bool
) -> None:
    said = "This model is being retired – use its successor instead."
    model = upstream.script(f"message-{client.dialect}-{fresh}", behaviours.error(400, message=said))
    error = failure(client, f"{fresh}/{model}", stream=stream)
    assert said in error.message


def test_retry_after_is_passed_on(client: Client, fresh: str, upstream: ScriptedUpstream) -> None:
    model = upstream.script(f"retry-{client.dialect}-{fresh}", behaviours.error(429, retry_after="37"))
    error = failure(client, f"{fresh}/{model}", stream=False)
    assert error.status == 429
    assert 30 <= int(error.headers["retry-after"]) <= 37


def test_secrets_in_a_providers_message_are_covered(client: Client, fresh: str, upstream: ScriptedUpstream) -> None:
    secret = "sk-proj-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
    model = upstream.script(f"leak-{client.dialect}-{fresh}", behaviours.error(400, message=f"bad key {secret}, sorry"))
    assert secret not in failure(client, f"{fresh}/{model}", stream=False).text


@pytest.mark.few_pairs
@pytest.mark.parametrize(
    "name",
    sorted(set(behaviours.MISBEHAVIOURS) - {"hang"}),
)
def test_a_broken_provider_is_a_clear_error(
    client: Client, upstream_dialect: str, fresh: str, name: str, stream: bool, gateway: Gateway
) -> None:
    error = failure(client, f"{fresh}/{name}", stream=stream)
    assert 500 <= error.status <= 529
    check_shape(client, error)
    assert "<html" not in error.text.lower()
    assert gateway.is_running()


@pytest.mark.some_pairs
@pytest.mark.usefixtures("fresh")
def test_a_provider_that_refuses_connections(client: Client, management: Management, upstream_dialect: str) -> None:
    prefix = management.add_upstream(upstream_dialect, f"http://127.0.0.1:{closed_port()}/v1")
    error = failure(client, f"{prefix}/text", stream=False)
    assert error.status == 502
    check_shape(client, error)


@pytest.mark.some_pairs
@pytest.mark.usefixtures("fresh")
def test_a_provider_without_a_name(client: Client, management: Management, upstream_dialect: str) -> None:
    prefix = management.add_upstream(upstream_dialect, "http://no-such-host.invalid/v1")
    error = failure(client, f"{prefix}/text", stream=False)
    assert error.status == 502
    check_shape(client, error)


@pytest.mark.some_pairs
@pytest.mark.usefixtures("fresh")
def test_a_provider_that_is_no_tls_server(
    client: Client, management: Management, upstream_dialect: str, upstream: ScriptedUpstream
) -> None:
    prefix = management.add_upstream(upstream_dialect, f"https://127.0.0.1:{upstream.port}/v1")
    error = failure(client, f"{prefix}/text", stream=False)
    assert error.status in {502, 504}  # it may answer the handshake with nonsense, or not at all
    check_shape(client, error)


def test_a_provider_that_never_answers(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> None:
    """The limit on waiting for headers is a setting; when it passes, the client gets a 504 and the transfer ends."""
    from .support.clients import OpenAIClient

    gateway = new_gateway(environment={"FETCH_HEADERS_TIMEOUT_MS": "500", "FETCH_TIMEOUT_MS": "500"}).start()
    management = Management(gateway)
    prefix = management.add_node("openai", upstream.base)
    management.close()
    client = OpenAIClient(gateway.origin)
    error = failure(client, f"{prefix}/hang", stream=False)
    assert error.status == 504
    upstream.requests.last("hang").wait_gone(2)
    client.close()


def test_an_unknown_model(client: Client) -> None:
    error = failure(client, "no-such-provider/some-model", stream=False)
    assert error.status in {400, 404}
    check_shape(client, error)


def test_a_provider_without_an_account(client: Client) -> None:
    error = failure(client, "groq/llama-3.3-70b-versatile", stream=False)
    assert error.status == 400
    assert "groq" in error.message.lower()


@pytest.mark.parametrize(
    "client", ["openai", "responses", "anthropic", "ollama"], indirect=True
)  # Google's SDK refuses
@pytest.mark.parametrize("model", ["../secret", "a\u0000b", "x" * 100_000])
def test_model_names_that_make_no_sense(client: Client, model: str) -> None:
    error = failure(client, model, stream=False)
    assert 400 <= error.status < 500
    check_shape(client, error)
