"""kill -9 under load: every answer that a client saw complete is counted exactly once, and the database is whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from .support.gateway import Gateway
from .support.management import Management
from .test_operations import database, integrity
from .upstream import ScriptedUpstream, behaviours

CLIENTS = 16


@dataclass
class Ledger:
    """What the clients saw: requests whose answers were complete, and all that were sent. Each has a model name of its
    own, by which its usage is found again."""

    complete: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)


async def ask_on_and_on(http: httpx.AsyncClient, prefix: str, ledger: Ledger, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        name = f"model-{len(ledger.sent)}"
        ledger.sent.add(name)
        stream = random.random() < 0.5
        body = {"model": f"{prefix}/{name}", "messages": [{"role": "user", "content": "Hi"}], "stream": stream}
        with contextlib.suppress(httpx.HTTPError, ValueError):
            answer = await http.post("/v1/chat/completions", json=body)
            if answer.status_code == 200 and ("data: [DONE]" in answer.text if stream else answer.json()["usage"]):
                ledger.complete.add(name)


async def load_until_killed(gateway: Gateway, prefix: str, ledger: Ledger, seconds: float) -> None:
    stopped = asyncio.Event()
    async with httpx.AsyncClient(base_url=gateway.origin, timeout=10) as http:
        tasks = [asyncio.create_task(ask_on_and_on(http, prefix, ledger, stopped)) for _ in range(CLIENTS)]
        await asyncio.sleep(seconds)
        gateway.kill()
        stopped.set()
        await asyncio.gather(*tasks)


def counted(gateway: Gateway) -> dict[str, int]:
    """How many requests the gateway has counted for each model name."""
    management = Management(gateway)
    models = management.history()["byModel"]
    management.close()
    return {label.split(" (")[0]: entry["requests"] for label, entry in models.items()}


def rows_by_model(gateway: Gateway) -> dict[str, int]:
    """The same from the tables themselves: a request is one row of usage and one of the log."""
    found: list[dict[str, int]] = []
    with contextlib.closing(sqlite3.connect(database(gateway.data))) as connection:
        for table in ("usage_history", "call_logs"):
            found.append(dict(connection.execute(f"SELECT model, count(*) FROM {table} GROUP BY model")))
        (doubled,) = connection.execute(
            "SELECT count(*) FROM (SELECT request_id FROM usage_history GROUP BY request_id HAVING count(*) > 1)"
        ).fetchone()
    assert doubled == 0
    assert found[0] == found[1], "usage and log disagree"
    return found[0]


@pytest.mark.parametrize(
    "kills",
    [pytest.param(5, id="short"), pytest.param(60, id="long", marks=[pytest.mark.full, pytest.mark.timeout(600)])],
)
def test_nothing_that_a_client_saw_is_lost_or_counted_twice(
    kills: int, new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream
) -> None:
    gateway = new_gateway().start()
    management = Management(gateway)
    key = upstream.script("sk-crash", behaviours.answer("Counted."))
    prefix = management.add_node("openai", upstream.base, key=key)
    management.close()
    ledger = Ledger()
    for _ in range(kills):
        asyncio.run(load_until_killed(gateway, prefix, ledger, random.uniform(0.05, 0.8)))
        gateway.start()
    rows = counted(gateway)
    gateway.stop()
    assert rows_by_model(gateway) == rows
    assert len(ledger.complete) > 20 * kills, "the load was real"
    lost = ledger.complete - set(rows)
    twice = {name for name, count in rows.items() if count > 1}
    invented = set(rows) - ledger.sent
    assert (lost, twice, invented) == (set(), set(), set()), json.dumps(
        {"complete": len(ledger.complete), "rows": len(rows), "lost": len(lost), "twice": len(twice)}
    )
    assert integrity(gateway.data) == ["ok"]
