"""The measurements, one function each; every function returns rows of the report."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import sqlite3
import statistics
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import dialects, messages, processes
from .dialects import Dialect
from .processes import GATEWAY_PORT, PACED_PORT, PROXY_PORT, Gateway, Process, loadtool, request_bytes, wrk

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"


@dataclass(frozen=True)
class Row:
    """A line of the report. `value` is compared with `budget` and `aim` when they are given."""

    measure: str
    ours: str
    nginx: str = ""
    value: float | None = None
    unit: str = ""
    budget: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    @property
    def verdict(self) -> str:
        if self.value is None or self.budget is None:
            return ""
        if self._within(self.aim):
            return "aim reached"
        return "within budget" if self._within(self.budget) else "**over budget**"

    def _within(self, bound: float | None) -> bool:
        if bound is None or self.value is None:
            return False
        return self.value >= bound if self.more_is_better else self.value <= bound


@dataclass
class Setting:
    """What all measurements share."""

    home: Path
    gateway: Gateway
    proxy: Process
    rounds: int
    seconds: float
    quick: bool

    @property
    def served(self) -> Process:
        assert self.gateway.process
        return self.gateway.process


@dataclass(frozen=True)
class Load:
    """The medians of a closed-loop load."""

    rate: float
    p50: float
    p99: float
    cpu_per_thousand: float
    """CPU seconds of the server per 1,000 requests."""


Target = tuple[Process, int, str, bytes, str]


def compare(setting: Setting, targets: dict[str, Target], connections: int = 32) -> dict[str, Load]:
    """Interleaved rounds over all targets, so that a slow spell of the machine hits all of them; medians."""
    found: dict[str, list[Load]] = {name: [] for name in targets}
    for round_number in range(setting.rounds + 1):
        for name, (process, port, path, body, key) in targets.items():
            seconds = setting.seconds if round_number else min(2, setting.seconds)
            before = process.cpu_seconds()
            run = wrk(setting.home, port, path, body, key, seconds=seconds, connections=connections)
            if round_number == 0:
                continue  # to warm up; a slow server may not have answered yet
            if not run["requests"]:
                raise RuntimeError(f"{name} answered nothing within {seconds:g} s: measure for longer")
            cpu = (process.cpu_seconds() - before) / run["requests"] * 1000
            found[name].append(Load(run["rate"], run["p50_ms"], run["p99_ms"], cpu))
    return {name: _medians(loads) for name, loads in found.items()}


def _medians(loads: list[Load]) -> Load:
    def median(read: Callable[[Load], float]) -> float:
        return statistics.median(read(load) for load in loads)

    return Load(
        median(lambda load: load.rate),
        median(lambda load: load.p50),
        median(lambda load: load.p99),
        median(lambda load: load.cpu_per_thousand),
    )


def _throughput(
    setting: Setting, measure: str, path: str, body: bytes, proxied: str, budget: float | None, aim: float | None
) -> tuple[Row, Load, Load]:
    loads = compare(
        setting,
        {
            "nginx": (setting.proxy, PROXY_PORT, proxied, body, ""),
            "ours": (setting.served, GATEWAY_PORT, path, body, setting.gateway.key),
        },
    )
    ours, nginx = loads["ours"], loads["nginx"]
    row = Row(
        measure,
        f"{ours.rate:,.0f}/s",
        f"{nginx.rate:,.0f}/s",
        ours.rate / nginx.rate,
        "× nginx",
        budget,
        aim,
        more_is_better=True,
    )
    return row, ours, nginx


def pass_through(setting: Setting) -> list[Row]:
    body = messages.small("whole/bench")
    row, ours, nginx = _throughput(
        setting, "whole answer, same dialect: requests", CHAT, body, f"/whole{CHAT}", budget=0.35, aim=0.5
    )
    cpu = Row(
        "the same: CPU per 1,000 requests",
        f"{ours.cpu_per_thousand:.3f} s",
        f"{nginx.cpu_per_thousand:.3f} s",
        ours.cpu_per_thousand / nginx.cpu_per_thousand,
        "× nginx",
    )
    return [row, cpu, *_half_load(setting, ours.rate / 2)]


def _half_load(setting: Setting, rate: float) -> list[Row]:
    body = messages.small("whole/bench")
    ports = {"nginx": (PROXY_PORT, f"/whole{CHAT}", ""), "ours": (GATEWAY_PORT, CHAT, setting.gateway.key)}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ports}
    for _ in range(setting.rounds):
        for name, (port, path, key) in ports.items():
            request = setting.home / f"request-{name}"
            request.write_bytes(request_bytes(port, path, body, key))
            figures = loadtool("rate", str(port), str(request), "32", f"{rate:.0f}", f"{setting.seconds}")
            found[name].append(figures)
    rows = []
    for share in ("p50", "p99"):
        ours, nginx = (statistics.median(run[f"{share}_ms"] for run in found[name]) for name in ("ours", "nginx"))
        measure = f"latency at half load ({rate:,.0f} requests/s), {share}"
        rows.append(Row(measure, f"{ours:.3f} ms", f"{nginx:.3f} ms", ours / nginx, "× nginx", budget=3, aim=2))
    return rows


def streams_at_once(setting: Setting) -> list[Row]:
    """Answers of 50 deltas that arrive in one piece."""
    cases = [
        ("stream of 50 deltas, Anthropic client → OpenAI upstream", MESSAGES, "stream", f"/stream{CHAT}", 0.10, 0.25),
        ("stream of 50 deltas, OpenAI client → Anthropic upstream", CHAT, "astream", f"/stream{MESSAGES}", None, None),
        ("stream of 50 deltas, OpenAI → OpenAI (passed through)", CHAT, "stream", f"/stream{CHAT}", None, None),
    ]
    rows = []
    for measure, path, prefix, proxied, budget, aim in cases:
        body = messages.small(f"{prefix}/bench", stream=True)
        row, ours, _ = _throughput(setting, f"{measure}: answers", path, body, proxied, budget, aim)
        rows.append(row)
        cpu = ours.cpu_per_thousand * 1000 / dialects.WORDS
        rows.append(Row("the same: CPU per delta", f"{cpu:.2f} µs"))
    return rows


def paced_streams(setting: Setting) -> list[Row]:
    """Delay that is added to each chunk of many slow streams, compared with no proxy at all."""
    upstream = processes.start_paced_upstream()
    rows = []
    try:
        # 50 deltas, 5 ms apart: a stream lasts a quarter of a second. All 1,000 at once are 200,000 chunks per second,
        # more than nginx or the load generator can move on a core, so that case has no bound but nginx beside it.
        for label, spread, model, bounds in (
            ("1,000 streams within 5 s, deltas 5 ms apart", 5000, "paced-50-5", (2.0, 0.5)),
            ("1,000 streams at once, deltas 100 ms apart", 100, "paced-50-100", (2.0, 0.5)),
            ("1,000 streams at once, deltas 5 ms apart (overload)", 0, "paced-50-5", (None, None)),
        ):
            rows += _paced(setting, label, spread, model, dialects.MESSAGES, dialects.CHAT, bounds)
        # The pair whose events differ most.
        label = "1,000 streams at once, deltas 100 ms apart"
        rows += _paced(setting, label, 100, "paced-50-100", dialects.GEMINI, dialects.RESPONSES, (2.0, 0.5))
    finally:
        upstream.stop()
    return rows


def _paced(
    setting: Setting,
    label: str,
    spread: int,
    model: str,
    client: Dialect,
    upstream: Dialect,
    bounds: tuple[float | None, float | None],
) -> list[Row]:
    ours = f"paced/{model}" if upstream is dialects.CHAT else f"rpaced/{model}"
    targets = {
        "direct": (PACED_PORT, upstream.path, upstream, model, ""),
        "nginx": (PROXY_PORT, f"/paced{upstream.path}", upstream, model, ""),
        "ours": (GATEWAY_PORT, client.call(ours, stream=True), client, ours, setting.gateway.key),
    }
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in targets}
    for _ in range(setting.rounds):
        for name, (port, path, dialect, asked, key) in targets.items():
            request = setting.home / f"request-paced-{name}"
            body = messages.small(asked, dialect, **({} if dialect is dialects.GEMINI else {"stream": True}))
            request.write_bytes(request_bytes(port, path, body, key, close=True))
            found[name].append(loadtool("paced", str(port), str(request), "1000", str(spread)))

    def added(name: str, share: str) -> float:
        runs = zip(found[name], found["direct"], strict=True)
        return statistics.median(run[f"{share}_ms"] - base[f"{share}_ms"] for run, base in runs)

    rows = []
    for share, (budget, aim) in (("p50", (None, None)), ("p99", bounds)):
        mine, nginx = added("ours", share), added("nginx", share)
        measure = f"{label}, {client.name} client → {upstream.name} upstream: added delay per chunk, {share}"
        rows.append(Row(measure, f"{mine:.3f} ms", f"{nginx:.3f} ms", mine, "ms", budget, aim))
    return rows


def agent_requests(setting: Setting) -> list[Row]:
    rows = []
    for measure, client, upstream in (
        ("200 KB, 40 tools, Anthropic client → OpenAI upstream", dialects.MESSAGES, dialects.CHAT),
        ("200 KB, 40 tools, OpenAI client → Anthropic upstream", dialects.CHAT, dialects.MESSAGES),
        ("200 KB, 40 tools, OpenAI → OpenAI (passed through)", dialects.CHAT, dialects.CHAT),
    ):
        path, proxied = client.path, f"/any{upstream.path}"
        body = messages.agent(f"{upstream.prefix}/bench", client)
        loads = compare(
            setting,
            {
                "nginx": (setting.proxy, PROXY_PORT, proxied, body, ""),
                "ours": (setting.served, GATEWAY_PORT, path, body, setting.gateway.key),
            },
            connections=8,
        )
        ours, nginx = loads["ours"].cpu_per_thousand, loads["nginx"].cpu_per_thousand
        translated = client is not upstream
        rows.append(
            Row(
                f"{measure}: CPU per request",
                f"{ours:.3f} ms",
                f"{nginx:.3f} ms",
                ours,
                "ms",
                budget=1.5 if translated else None,
                aim=0.7 if translated else None,
            )
        )
    return rows


def pairs(setting: Setting) -> list[Row]:
    """A large request and its answer of 2 KB, and a stream, from every dialect to every other."""
    rows = []
    for client, upstream in dialects.PAIRS:
        samples = [seconds * 1e3 for seconds in _cpu_of_each(setting, client, upstream, stream=False)]
        rows.append(
            _pair_row("200 KB, 40 tools, 2 KB back", "CPU per request", client, upstream, samples, "ms", 1.5, 0.7)
        )
    for client, upstream in dialects.PAIRS:
        samples = [seconds * 1e6 / dialects.LONG for seconds in _cpu_of_each(setting, client, upstream, stream=True)]
        rows.append(
            _pair_row(f"stream of {dialects.LONG} deltas", "CPU per delta", client, upstream, samples, "µs", 5, None)
        )
    return rows


def _pair_row(
    what: str,
    figure: str,
    client: Dialect,
    upstream: Dialect,
    samples: list[float],
    unit: str,
    budget: float,
    aim: float | None,
) -> Row:
    """Of the large requests the median counts, of the deltas nearly all."""
    p50, p99 = statistics.median(samples), statistics.quantiles(samples, n=100)[98]
    measure = f"{what}, {client.name} client → {upstream.name} upstream: {figure}, p50 and p99"
    value = p50 if aim is not None else p99
    return Row(measure, f"{p50:.2f} and {p99:.2f} {unit}", "", value, unit, budget, aim)


def _cpu_of_each(setting: Setting, client: Dialect, upstream: Dialect, *, stream: bool) -> list[float]:
    """CPU seconds of all the gateway's threads for each of many requests, one after the other."""
    model = f"{upstream.prefix}/bench"
    more = {} if client is dialects.GEMINI else {"stream": stream}
    body = messages.small(model, client, **more) if stream else messages.agent(model, client, **more)
    path = client.call(model, stream=stream)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {setting.gateway.key}"}
    connection = http.client.HTTPConnection("127.0.0.1", GATEWAY_PORT, timeout=20)
    samples = []
    warming, counted = 20, (30 if setting.quick else 100 * setting.rounds)
    for number in range(warming + counted):
        before = setting.served.exact_cpu_seconds()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200 or re.search(rb'"error": ?[{"]', content):
            raise RuntimeError(f"{client.name} client, {upstream.name} upstream: {answer.status} {content[:300]!r}")
        if number >= warming:
            samples.append(setting.served.exact_cpu_seconds() - before)
    connection.close()
    return samples


def memory(setting: Setting) -> list[Row]:
    """Resident memory of a fresh process, and with idle streams."""
    setting.gateway.stop()
    setting.gateway.start()
    processes.wait_for_port(GATEWAY_PORT)
    body = messages.small("whole/bench")
    wrk(setting.home, GATEWAY_PORT, CHAT, body, setting.gateway.key, seconds=0.2, connections=1)
    time.sleep(1)
    idle = setting.served.rss_megabytes()
    rows = [Row("memory, idle", f"{idle:.1f} MB", "", idle, "MB", budget=40, aim=25)]
    streams = 500 if setting.quick else 5000
    upstream = processes.start_paced_upstream()
    request = setting.home / "request-hold"
    request.write_bytes(
        request_bytes(
            GATEWAY_PORT, MESSAGES, messages.small("paced/hold", stream=True), setting.gateway.key, close=True
        )
    )
    holder = Process(
        processes.LOAD_CORE,
        [str(processes.LOADTOOL), "hold", str(GATEWAY_PORT), str(request), str(streams)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = holder.child.stdout.readline()
    if line.split() != ["ready", "0", "failures"]:
        raise RuntimeError(f"idle streams: {line!r}")
    time.sleep(2)
    loaded = setting.served.rss_megabytes()
    holder.child.stdin.close()
    holder.child.wait(30)
    upstream.stop()
    each = (loaded - idle) * 1024 / streams
    rows.append(
        Row(f"memory with {streams:,} idle streams: each", f"{each:.1f} KB", "", each, "KB", budget=20, aim=12),
    )
    return rows


def drift(setting: Setting) -> list[Row]:
    """Resident memory over many requests; whole answers and streams in turn."""
    wanted = 20_000 if setting.quick else 1_000_000
    whole, stream = messages.small("whole/bench"), messages.small("stream/bench", stream=True)

    def work(requests: int) -> None:
        done = 0.0
        while done < requests:
            for path, body in ((CHAT, whole), (MESSAGES, stream)):
                seconds = min(10.0, setting.seconds * 2)
                done += wrk(setting.home, GATEWAY_PORT, path, body, setting.gateway.key, seconds=seconds)["requests"]

    work(wanted // 10)
    before = setting.served.rss_megabytes()
    work(wanted)
    grown = setting.served.rss_megabytes() - before
    measure = f"memory: growth over {wanted:,} requests (after {wanted // 10:,})"
    return [Row(measure, f"{grown:+.1f} MB", "", grown, "MB", budget=5, aim=1)]


def starts(setting: Setting) -> list[Row]:
    """From exec to the first answered request."""
    setting.gateway.stop()
    rows = []
    first = [_start(Gateway(setting.home / f"first{number}"), demo=True) for number in range(5)]
    rows.append(_start_row("the very first start (keys and password made)", first, None, None))
    again = [_start(setting.gateway) for _ in range(5)]
    rows.append(_start_row("a start with a small database", again, 100, 40))
    count = 20_000 if setting.quick else 1_000_000
    copy = Gateway(setting.home / "inflated")
    shutil.copytree(setting.gateway.data, copy.data)
    copy.key = setting.gateway.key
    inflate(copy.data, count)
    rows.append(_start_row(f"a start with {count:,} usage rows", [_start(copy) for _ in range(5)], 100, 40))
    setting.gateway.start()
    processes.wait_for_port(GATEWAY_PORT)
    return rows


def _start_row(measure: str, times: list[float], budget: float | None, aim: float | None) -> Row:
    median = statistics.median(times)
    return Row(f"{measure}: exec to first answer", f"{median:.1f} ms", "", median, "ms", budget, aim)


def _start(gateway: Gateway, *, demo: bool = False) -> float:
    body = messages.small("demo/echo" if demo else "whole/bench")
    path = "/v1/models" if demo else CHAT
    started = time.perf_counter()
    gateway.start()
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", GATEWAY_PORT, timeout=5)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {gateway.key}"}
            connection.request("GET" if demo else "POST", path, None if demo else body, headers)
            status = connection.getresponse().status
            took = (time.perf_counter() - started) * 1000
            break
        except OSError:
            if time.perf_counter() - started > 60:
                raise
            time.sleep(0.0005)
        finally:
            connection.close()
    # Without a key, the refusal by a fully started process is the first answer.
    if status != (401 if demo else 200):
        raise RuntimeError(f"first answer: {status}")
    gateway.stop()
    return took


def inflate(data: Path, count: int) -> None:
    """Fills the usage table with copies of one of its rows."""
    (path,) = [item for item in data.iterdir() if item.suffix in {".sqlite", ".db", ".sqlite3"}]
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(usage_history)")]
    keys = [row[1] for row in connection.execute("PRAGMA table_info(usage_history)") if row[5]]
    template = connection.execute(f"SELECT {', '.join(columns)} FROM usage_history LIMIT 1").fetchone()
    values = dict(zip(columns, template, strict=True))
    kept = [name for name in columns if not (name in keys and isinstance(values[name], int))]

    def rows() -> Any:
        for _ in range(count):
            yield [str(uuid.uuid4()) if name in {"request_id", "id"} else values[name] for name in kept]

    marks = ", ".join("?" * len(kept))
    connection.executemany(f"INSERT INTO usage_history ({', '.join(kept)}) VALUES ({marks})", rows())
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


ALL: dict[str, Callable[[Setting], list[Row]]] = {
    "pass-through": pass_through,
    "streams": streams_at_once,
    "paced": paced_streams,
    "agent": agent_requests,
    "pairs": pairs,
    "drift": drift,
    "memory": memory,
    "starts": starts,
}


def as_json(rows: list[Row]) -> str:
    return json.dumps([{**row.__dict__, "verdict": row.verdict} for row in rows], indent=2, ensure_ascii=False)
