"""Secrets stay secret: whatever was done, no key stands in clear text in the data directory or in the output."""

from __future__ import annotations

import contextlib

import httpx

from .conftest import Own
from .support.clients import OpenAIClient
from .support.conversation import Question
from .support.gateway import PASSWORD
from .upstream import ScriptedUpstream

UPSTREAM = "sk-upstream-canary-3f9a1c7e5b"
REPLACED = "sk-replaced-canary-77aa01bb22"
CLIENT = "sk-client-canary-a0b1c2d3e4f5"


def test_no_secret_is_left_in_clear_text(own: Own, upstream: ScriptedUpstream) -> None:
    prefix = own.management.add_node("openai", upstream.base, key=UPSTREAM)
    connection = own.management.call("GET", "/api/providers")["connections"][0]
    key = own.management.add_key("canary")["key"]
    client = OpenAIClient(own.gateway.origin, key)
    client.ask(f"{prefix}/text", Question(), stream=True)
    for model in ("status-401", "status-500", "reset", "die-mid-stream"):
        with contextlib.suppress(client.exceptions.APIError):
            client.ask(f"{prefix}/{model}", Question(), stream=True)
    client.close()
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(own.gateway.origin + "/v1/models", headers={"authorization": f"Bearer {CLIENT}"})
    shown = repr(own.management.call("GET", "/api/providers")) + repr(own.management.call("GET", "/api/keys"))
    changed = own.management.call("PUT", f"/api/providers/{connection['id']}", {"apiKey": REPLACED})
    own.gateway.stop()
    canaries = [UPSTREAM, REPLACED, CLIENT, key, PASSWORD]
    for canary in canaries:
        assert canary not in own.gateway.output
        assert canary not in shown + repr(changed)
        for path in own.gateway.data.rglob("*"):
            if path.is_file():
                assert canary.encode() not in path.read_bytes(), path.name
