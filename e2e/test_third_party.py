"""A server that nobody here wrote as the upstream: LiteLLM's proxy with mock answers, in both dialects."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .support.clients import Client, refused
from .support.conversation import Question, Tool
from .support.gateway import ROOT, Gateway, free_port
from .support.management import Management

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

LITELLM = ROOT / ".venv-litellm/bin/litellm"
KEY = "sk-third-party"
SAID = "Hello from the third-party server."
WEATHER = Tool("get_weather", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})

# `chained` models make the proxy translate its own mock answer, which gives real streams at /v1/messages.
CONFIGURATION = """
model_list:
  - model_name: mock
    litellm_params: {model: openai/gpt-4o, api_key: sk-none, mock_response: "SAID"}
  - model_name: mock-tool
    litellm_params:
      model: openai/gpt-4o
      api_key: sk-none
      mock_response: "Looking."
      mock_tool_calls:
        - {id: call_third_party, type: function, function: {name: get_weather, arguments: '{"city": "Oslo"}'}}
  - model_name: mock-429
    litellm_params: {model: openai/gpt-4o, api_key: sk-none, mock_response: "litellm.RateLimitError"}
  - model_name: chained
    litellm_params: {model: hosted_vllm/mock, api_base: "ORIGIN/v1", api_key: KEY}
  - model_name: chained-tool
    litellm_params: {model: hosted_vllm/mock-tool, api_base: "ORIGIN/v1", api_key: KEY}
litellm_settings: {telemetry: false, num_retries: 0}
router_settings: {num_retries: 0}
general_settings: {master_key: KEY}
"""


DIALECTS = ("openai", "anthropic")
"""In which the proxy can be asked."""


@pytest.fixture(params=DIALECTS)
def upstream_dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of a running LiteLLM proxy; it needs no network."""
    home = tmp_path_factory.mktemp("litellm")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    text = CONFIGURATION.replace("SAID", SAID).replace("ORIGIN", origin).replace("KEY", KEY)
    (home / "config.yaml").write_text(text)
    environment = {**os.environ, "HOME": str(home), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [LITELLM, "--config", home / "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_live(process, origin, home / "log")
        yield origin
    finally:
        process.terminate()
        process.wait(30)


def wait_until_live(process: subprocess.Popen[bytes], origin: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if httpx.get(f"{origin}/health/liveliness", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
        assert time.monotonic() < deadline, log.read_text()[-3000:]


@pytest.fixture(scope="module")
def third_party_prefixes(third_party: str, management: Management) -> dict[str, str]:
    return {kind: management.add_node(kind, f"{third_party}/v1", key=KEY) for kind in DIALECTS}


@pytest.mark.parametrize("model", ["mock", "chained"])
def test_text(
    client: Client, upstream_dialect: str, stream: bool, third_party_prefixes: dict[str, str], model: str
) -> None:
    reply = client.ask(f"{third_party_prefixes[upstream_dialect]}/{model}", Question(), stream=stream)
    assert reply.text == SAID
    assert reply.stop == "end"
    assert reply.output_tokens


def test_a_tool_call(client: Client, upstream_dialect: str, third_party_prefixes: dict[str, str]) -> None:
    """Whole answers only: the proxy's mock leaves tool calls out of its streams."""
    model = {"openai": "mock-tool", "anthropic": "chained-tool"}[upstream_dialect]
    reply = client.ask(f"{third_party_prefixes[upstream_dialect]}/{model}", Question(tools=(WEATHER,)), stream=False)
    assert [(call.name, call.input) for call in reply.calls] == [("get_weather", {"city": "Oslo"})]
    assert client.dialect == "ollama" or reply.calls[0].id == "call_third_party"
    assert reply.stop == "tools" or upstream_dialect == client.dialect == "openai"


def test_an_error(client: Client, upstream_dialect: str, third_party: str, management: Management) -> None:
    prefix = management.add_node(upstream_dialect, f"{third_party}/v1", key=KEY)
    with refused(client, 429):
        client.ask(f"{prefix}/mock-429", Question(), stream=False)


def test_fallback_from_a_wrong_key(
    client: Client, upstream_dialect: str, third_party: str, management: Management, gateway: Gateway
) -> None:
    wrong = management.add_node(upstream_dialect, f"{third_party}/v1", key="sk-wrong")
    right = management.add_node(upstream_dialect, f"{third_party}/v1", key=KEY)
    combo = management.add_combo(f"{wrong}/chained", f"{right}/chained", config={"maxRetries": 0})
    assert client.ask(combo, Question(), stream=True).text == SAID
    assert gateway.is_running()


def test_models_are_listed(third_party: str, management: Management) -> None:
    management.add_node("openai", f"{third_party}/v1", key=KEY)
    connection = management.call("GET", "/api/providers")["connections"][-1]
    listing = management.call("GET", f"/api/providers/{connection['id']}/models?refresh=true")
    assert {"mock", "chained"} <= {model["id"] for model in listing["models"]}
