"""Streams whose provider dies after content was sent: another target goes on with them if the key says so."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import httpx
import pytest

from .support import wire
from .support.clients import Client
from .support.management import Management
from .upstream import ScriptedUpstream, Text, behaviours
from .upstream.answers import CANNED, HELLO, cut

COMMENTING = {"openai", "responses", "anthropic"}
SAID = "".join(cut(HELLO, CANNED["text"].pieces)[:2])

_numbers = itertools.count(1)


def continuing(management: Management, policy: str | None) -> dict[str, str]:
    """The headers of a client with a key of this policy."""
    key = management.add_key()
    if policy:
        management.call("PATCH", f"/api/keys/{key['id']}", {"streamContinuation": policy})
    return {"authorization": f"Bearer {key['key']}"}


def ask(http: httpx.Client, dialect: str, model: str, headers: dict[str, str], **more: Any) -> httpx.Response:
    path, body = wire.request(dialect, model, stream=True)
    return http.post(path, json={**body, **more}, headers={**headers, **wire.HEADERS.get(dialect, {})})


@pytest.mark.some_pairs
@pytest.mark.parametrize("repeats", ["nothing", "everything"])
@pytest.mark.parametrize("how", ["die-mid-stream", "reset-mid-stream"])
def test_another_target_goes_on_with_the_text(
    client: Client,
    upstream_dialect: str,
    fresh: str,
    management: Management,
    upstream: ScriptedUpstream,
    http: httpx.Client,
    how: str,
    repeats: str,
) -> None:
    """The client sees one answer and no word twice, whether or not the second target begins again."""
    other = "anthropic" if upstream_dialect == "openai" else "openai"
    rest = HELLO if repeats == "everything" else HELLO.removeprefix(SAID)
    name = f"rest-{next(_numbers)}"
    upstream.script(name, behaviours.answer(replace(CANNED["text"], blocks=(Text(rest),))))
    combo = management.add_combo(f"{fresh}/{how}", f"{management.add_node(other, upstream.base)}/{name}")

    answer = ask(http, client.dialect, combo, continuing(management, "text"))
    assert answer.status_code == 200
    assert wire.text_of(client.dialect, wire.pieces(client.dialect, answer.text)) == HELLO
    assert any(mark in answer.text for mark in wire.CLEAN_ENDS[client.dialect])
    assert ("x-omniroute-stream=stitched(1)" in answer.text) == (client.dialect in COMMENTING)
    asked = upstream.requests.all(name)
    assert len(asked) == 1
    turns = asked[0].json["messages"]
    assert SAID.strip() in str([turn["content"] for turn in turns if turn["role"] == "assistant"])


@pytest.mark.some_pairs
@pytest.mark.parametrize("policy", [None, "never"])
def test_nobody_goes_on_unless_the_key_says_so(
    client: Client,
    fresh: str,
    management: Management,
    upstream: ScriptedUpstream,
    http: httpx.Client,
    policy: str | None,
) -> None:
    name = upstream.script(f"unasked-{next(_numbers)}", behaviours.answer(CANNED["text"]))
    combo = management.add_combo(f"{fresh}/die-mid-stream", f"{management.add_node('openai', upstream.base)}/{name}")
    answer = ask(http, client.dialect, combo, continuing(management, policy))
    pieces = wire.pieces(client.dialect, answer.text)
    assert wire.error_of(client.dialect, pieces[-1])
    assert wire.text_of(client.dialect, pieces[:-1]) == SAID
    assert not any(mark in answer.text for mark in wire.CLEAN_ENDS[client.dialect])
    assert not upstream.requests.all(name)


def test_json_is_not_gone_on_with_by_asking(
    management: Management, upstream: ScriptedUpstream, http: httpx.Client
) -> None:
    """A model that is asked to go on in words begins a new document."""
    name = upstream.script(f"json-{next(_numbers)}", behaviours.answer(CANNED["text"]))
    dying, other = (management.add_node("openai", upstream.base) for _ in range(2))
    combo = management.add_combo(f"{dying}/die-mid-stream", f"{other}/{name}")
    headers = continuing(management, "text")
    answer = ask(http, "openai", combo, headers, response_format={"type": "json_object"})
    assert wire.error_of("openai", wire.pieces("openai", answer.text)[-1])
    assert "x-omniroute-stream=failed" in answer.text
    assert not upstream.requests.all(name)
