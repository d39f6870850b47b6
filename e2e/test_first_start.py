"""A newcomer's first minute: the password printed once, the printed curl line, keys found in the environment."""

from __future__ import annotations

import json
import re
import shlex
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from .support.clients import OpenAIClient
from .support.conversation import Question
from .support.gateway import PASSWORD, Gateway
from .support.management import Management
from .upstream import ScriptedUpstream, behaviours
from .upstream.answers import CANNED, HELLO

CROCKFORD = r"[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{20}"


@pytest.fixture
def first(new_gateway: Callable[..., Gateway]) -> Gateway:
    """A first start without any setting but where to live."""
    return new_gateway(environment={"INITIAL_PASSWORD": ""}).start()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_generated_password_is_printed_once_and_works(first: Gateway) -> None:
    kept = first.data / "initial-password"
    password = kept.read_text().strip()
    assert re.fullmatch(CROCKFORD, password)
    assert first.output.count(password) == 1
    assert mode(kept) == 0o600
    Management(first, password).close()
    first.stop()
    first.start()
    assert first.output.count(password) == 1, "not printed again"
    Management(first, password).close()


def test_the_data_directory_is_private(first: Gateway) -> None:
    assert mode(first.data) == 0o700
    assert mode(first.data / "server.env") == 0o600
    for path in first.data.rglob("*"):
        assert not mode(path) & 0o077, path


def test_the_printed_curl_line_works_word_for_word(first: Gateway) -> None:
    (line,) = re.findall(r"^.*?(curl .*)$", first.output, re.MULTILINE)
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20, check=False)
    assert ran.returncode == 0, f"{line}\n{ran.stderr}"
    answer = json.loads(ran.stdout)
    assert answer["choices"][0]["message"]["content"]
    assert shlex.split(line)[0] == "curl"


def test_the_start_says_where_it_is(first: Gateway) -> None:
    assert f"http://127.0.0.1:{first.port}" in first.output or f"http://localhost:{first.port}" in first.output


def test_a_password_of_ones_own_is_not_printed(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway().start()
    assert PASSWORD not in gateway.output
    assert not (gateway.data / "initial-password").exists()
    Management(gateway).close()


def test_it_listens_on_loopback_only(first: Gateway) -> None:
    listing = subprocess.run(
        ["ss", "-ltnH", f"sport = :{first.port}"], capture_output=True, text=True, check=True
    ).stdout
    addresses = {line.split()[3] for line in listing.splitlines()}
    assert addresses
    assert addresses <= {f"127.0.0.1:{first.port}", f"[::1]:{first.port}"}


def test_an_exposed_address_turns_the_key_requirement_on(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway(environment={"HOST": "0.0.0.0"}).start()
    body = {"model": "demo/echo", "messages": [{"role": "user", "content": "Hi"}]}
    assert httpx.post(gateway.origin + "/v1/chat/completions", json=body).status_code == 401


@pytest.mark.parametrize("weak", ["123456", "CHANGEME"])
def test_a_weak_password_only_lets_its_owner_change_it(new_gateway: Callable[..., Gateway], weak: str) -> None:
    gateway = new_gateway(environment={"INITIAL_PASSWORD": weak}).start()
    with httpx.Client(base_url=gateway.origin) as http:
        http.post("/api/auth/login", json={"password": weak})
        assert http.get("/api/keys").status_code in (401, 403)


def test_keys_of_the_environment_are_offered_but_not_taken(
    new_gateway: Callable[..., Gateway],
) -> None:
    key = "sk-environment-canary-0123456789"
    gateway = new_gateway(environment={"OPENAI_API_KEY": key}).start()
    management = Management(gateway)
    assert management.call("GET", "/api/providers")["connections"] == []
    management.close()
    assert "OPENAI_API_KEY" in gateway.output
    assert "--import-env" in gateway.output
    assert key not in gateway.output


def test_keys_of_the_environment_are_imported_when_asked(new_gateway: Callable[..., Gateway]) -> None:
    environment = {"OPENAI_API_KEY": "sk-env-openai-0123456789", "ANTHROPIC_API_KEY": "sk-ant-env-0123456789"}
    gateway = new_gateway(environment=environment, arguments=("--import-env",)).start()
    management = Management(gateway)
    providers = {item["provider"] for item in management.call("GET", "/api/providers")["connections"]}
    management.close()
    assert providers == {"openai", "anthropic"}
    gateway.stop()
    gateway.start()
    management = Management(gateway)
    assert len(management.call("GET", "/api/providers")["connections"]) == 2, "once, not once per start"
    management.close()


def test_the_first_provider_in_three_calls(first: Gateway, upstream: ScriptedUpstream) -> None:
    """Log in, add a key, ask: what the README shows."""
    management = Management(first, (first.data / "initial-password").read_text().strip())
    upstream.script("sk-first", behaviours.answer(CANNED["text"], strict=False))
    management.add_connection("openai", "sk-first", base=upstream.base)
    management.close()
    client = OpenAIClient(first.origin)
    assert client.ask("openai/gpt-4o", Question(), stream=False).text == HELLO
    client.close()
