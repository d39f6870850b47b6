"""The command line: help everywhere, JSON where it lists, exit codes, and the same data with or without a server."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Callable

import pytest

from .support.clients import OpenAIClient
from .support.conversation import Question
from .support.gateway import BINARY, Gateway, run
from .support.management import Management
from .upstream import ScriptedUpstream, behaviours
from .upstream.answers import CANNED, HELLO

COMMANDS = [
    "serve",
    "doctor",
    "keys create",
    "keys list",
    "keys revoke",
    "providers add",
    "providers list",
    "providers test",
    "combos create",
    "combos list",
    "combos delete",
    "models",
    "version",
]


@pytest.fixture(params=["running", "stopped"])
def place(request: pytest.FixtureRequest, new_gateway: Callable[..., Gateway]) -> Gateway:
    """A data directory, once with a server running on it, once without."""
    gateway = new_gateway().start()
    if request.param == "stopped":
        gateway.stop()
    return gateway


def omniroute(place: Gateway, *words: str, code: int = 0, **variables: str) -> str:
    """Runs a command and expects an exit code; returns what it printed."""
    ran = run(*words, environment={**place.environment, **variables})
    assert ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout if code == 0 else ran.stdout + ran.stderr


def test_the_overview(new_gateway: Callable[..., Gateway]) -> None:
    place = new_gateway()
    text = omniroute(place, "--help")
    for command in COMMANDS:
        assert command in text
    assert "Exit codes" in text
    assert omniroute(place) == text == omniroute(place, "help")
    assert not place.data.exists(), "asking for help makes no files"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(new_gateway: Callable[..., Gateway], command: str) -> None:
    text = omniroute(new_gateway(), *command.split(), "--help")
    assert f"omniroute {command}" in text


@pytest.mark.parametrize("group", ["keys", "providers", "combos"])
def test_help_of_each_group(new_gateway: Callable[..., Gateway], group: str) -> None:
    assert f"{group} list" in omniroute(new_gateway(), group, "--help")


@pytest.mark.parametrize(
    "words", [["nonsense"], ["keys", "nonsense"], ["serve", "--nonsense"], ["keys", "create"], ["serve", "--port", "x"]]
)
def test_wrong_use(new_gateway: Callable[..., Gateway], words: list[str]) -> None:
    assert "omniroute" in omniroute(new_gateway(), *words, code=2)


def test_the_version(new_gateway: Callable[..., Gateway]) -> None:
    place = new_gateway()
    version = json.loads(omniroute(place, "version", "--json"))["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+([-+].*)?", version)
    assert version in omniroute(place, "version")
    assert omniroute(place, "--version") == omniroute(place, "version")


def test_keys(place: Gateway) -> None:
    key = omniroute(place, "keys", "create", "laptop").strip()
    assert key.startswith("sk-")
    listing = omniroute(place, "keys", "list")
    assert "laptop" in listing
    assert key not in listing
    (row,) = json.loads(omniroute(place, "keys", "list", "--json"))
    assert row["name"] == "laptop"
    assert "laptop" in omniroute(place, "keys", "revoke", row["id"])
    assert json.loads(omniroute(place, "keys", "list", "--json")) == []
    omniroute(place, "keys", "revoke", row["id"], code=1)


def test_a_key_made_on_the_command_line_works(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> None:
    place = new_gateway(environment={"REQUIRE_API_KEY": "true"}).start()
    management = Management(place)
    prefix = management.add_node("openai", upstream.base)
    management.close()
    client = OpenAIClient(place.origin, omniroute(place, "keys", "create", "laptop").strip())
    assert client.ask(f"{prefix}/text", Question(), stream=False).text == HELLO
    omniroute(place, "keys", "revoke", "laptop")
    with pytest.raises(client.exceptions.AuthenticationError):
        client.ask(f"{prefix}/text", Question(), stream=False)
    client.close()


def test_providers(place: Gateway, upstream: ScriptedUpstream) -> None:
    upstream.script("gsk-from-environment", behaviours.answer(CANNED["text"], strict=False))
    words = ["providers", "add", "groq", "--name", "mine", "--key-env", "MY_KEY", "--base-url", upstream.base]
    added = json.loads(omniroute(place, *words, "--json", MY_KEY="gsk-from-environment"))
    assert added["provider"] == "groq"
    assert "gsk-from-environment" not in json.dumps(added)
    assert "mine" in omniroute(place, "providers", "list")
    (row,) = json.loads(omniroute(place, "providers", "list", "--json"))
    assert row["id"] == added["id"]
    assert omniroute(place, "providers", "test").startswith("ok")
    (result,) = json.loads(omniroute(place, "providers", "test", "mine", "--json"))
    assert result["valid"] is True
    omniroute(place, "providers", "test", "nobody", code=1)
    omniroute(place, "providers", "add", "no-such-provider", "--key-env", "MY_KEY", code=1, MY_KEY="gsk-x-012345")
    omniroute(place, "providers", "add", "groq", "--key-env", "MISSING", code=2)


def test_a_key_from_standard_input(place: Gateway, upstream: ScriptedUpstream) -> None:
    words = [BINARY, "providers", "add", "groq", "--key-stdin", "--base-url", upstream.base]
    ran = subprocess.run(
        words,
        env=place.environment,
        input="gsk-from-stdin-0123\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "gsk-from-stdin" not in ran.stdout + ran.stderr


def test_combos(place: Gateway) -> None:
    omniroute(place, "combos", "create", "coding", "groq/a", "openai/b")
    listing = omniroute(place, "combos", "list")
    assert "coding" in listing
    assert "groq/a, openai/b" in listing
    (combo,) = json.loads(omniroute(place, "combos", "list", "--json"))
    assert [step["model"] for step in combo["models"]] == ["groq/a", "openai/b"]
    omniroute(place, "combos", "delete", "coding")
    assert json.loads(omniroute(place, "combos", "list", "--json")) == []


def test_models(place: Gateway) -> None:
    assert omniroute(place, "models").strip() == "demo/echo"
    omniroute(place, "combos", "create", "coding", "groq/a")
    assert "coding" in {model["id"] for model in json.loads(omniroute(place, "models", "--json"))}


def test_the_doctor_finds_nothing_wrong(place: Gateway) -> None:
    findings = json.loads(omniroute(place, "doctor", "--json"))
    assert {finding["level"] for finding in findings} <= {"ok", "warning"}
    assert "database" in omniroute(place, "doctor")


def test_the_doctor_finds_what_is_wrong(new_gateway: Callable[..., Gateway]) -> None:
    place = new_gateway()
    place.home.mkdir(parents=True)
    place.data.write_text("in the way")
    assert "FAILED" in omniroute(place, "doctor", code=1)


def test_a_new_password(place: Gateway) -> None:
    words = [BINARY, "reset-password", "--stdin"]
    ran = subprocess.run(
        words,
        env=place.environment,
        input="a new long password\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    if not place.is_running():
        place.start()
    Management(place, "a new long password").close()


def test_exit_codes_of_a_failed_start(new_gateway: Callable[..., Gateway]) -> None:
    place = new_gateway()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", place.port))
        taken.listen()
        omniroute(place, "serve", code=75)
    first = new_gateway().start()
    omniroute(new_gateway(environment={"DATA_DIR": str(first.data)}), "serve", code=75)
    blocked = new_gateway()
    blocked.home.mkdir(parents=True)
    blocked.data.write_text("in the way")
    omniroute(blocked, "serve", code=73)
    exposed = new_gateway(environment={"HOST": "0.0.0.0", "JWT_SECRET": "omniroute-default-secret-change-me"})
    omniroute(exposed, "serve", code=78)


def test_the_port_can_be_given_as_an_option(new_gateway: Callable[..., Gateway]) -> None:
    place = new_gateway(environment={"PORT": ""})
    place.arguments = ("--port", str(place.port))
    place.start()
