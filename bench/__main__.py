"""usage: script/bench [--peers] [--quick] [--only MEASURE]... [--rounds N] [--seconds S] [--output FILE]"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from . import dialects, measures, messages, peers
from .measures import Row, Setting
from .processes import (
    BINARY,
    GATEWAY_PORT,
    PORTS,
    ROOT,
    Gateway,
    is_taken,
    start_proxy,
    start_upstream,
    wait_for_port,
)

REPORT = ROOT / "docs/benchmarks.md"

INTRODUCTION = """# Benchmarks

Written by `script/bench`; do not edit. Everything is measured in one run on one machine, beside nginx as a bare
`proxy_pass` with keep-alive on the same core, because only the ratio means something elsewhere. The gateway has
everything on: API keys required and checked, usage and cost recorded durably. Load generator and upstream (nginx with
fixed answers) share one core, the gateway (one event loop and its database writer) or the nginx proxy has the other.
Figures are medians of {rounds} interleaved rounds of {seconds:g} s after a round to warm up; 32 connections, a request
of {request} bytes, a whole answer of {answer} bytes, a streamed one of {stream} bytes.
"""


def _table(rows: list[Row]) -> list[str]:
    lines = ["| measure | OmniRoute | nginx | result | budget | aim | |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        result = "" if row.value is None else f"{row.value:.2f} {row.unit}"
        sign = "≥" if row.more_is_better else "≤"
        bounds = ["" if bound is None else f"{sign} {bound:g} {row.unit}" for bound in (row.budget, row.aim)]
        lines.append(
            f"| {row.measure} | {row.ours} | {row.nginx} | {result} | {bounds[0]} | {bounds[1]} | {row.verdict} |"
        )
    return lines


def _machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr.strip().split("/")[-1]
    version = subprocess.run([str(BINARY), "version"], capture_output=True, text=True, check=False).stdout.strip()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    today = datetime.now(UTC).date().isoformat()
    return (
        f"{today}, commit {commit.stdout.strip()}, {version or 'omniroute'}; {model}, {platform.system()} "
        f"{platform.release()}; nginx {nginx}; binary {BINARY.stat().st_size / 1e6:.1f} MB."
    )


def _report(rows: list[Row], others: list[Row], arguments: argparse.Namespace) -> str:
    lines = [
        INTRODUCTION.format(
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            request=len(messages.small("whole/bench")),
            answer=len(messages.ANSWER),
            stream=f"{len(dialects.CHAT.stream(dialects.WORDS)):,}",
        ),
        _machine(),
        "",
        *_table(rows),
    ]
    if others:
        lines += [
            "",
            "## Beside other gateways",
            "",
            "Same core and load, OpenAI on both sides, one worker. LiteLLM checks its master key, TensorZero none;",
            "neither records usage.",
            "",
            "| other | OmniRoute | ratio |",
            "| --- | --- | --- |",
        ]
        for row in others:
            ratio = "" if row.value is None else f"{row.value:.1f} {row.unit}"
            lines.append(f"| {row.measure} | {row.ours} | {ratio} |")
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the gateway beside nginx.")
    parser.add_argument("--peers", action="store_true", help="also beside LiteLLM and TensorZero")
    parser.add_argument("--quick", action="store_true", help="short and rough; writes no report")
    parser.add_argument(
        "--only", action="append", choices=list(measures.ALL), help="only this measure; writes no report"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--output", type=Path, help=f"where to write the report instead of {REPORT.relative_to(ROOT)}")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 1, 1
    return arguments


def _refuse_bad_conditions(arguments: argparse.Namespace) -> None:
    """A report that others will read comes from enough rounds on a machine that does nothing else."""
    for port in PORTS:
        if is_taken(port):
            sys.exit(f"script/bench: port {port} is taken; is another measurement running?")
    if arguments.quick or arguments.only:
        return
    if arguments.rounds < 3 and not arguments.output:
        sys.exit("script/bench: a report needs at least 3 rounds; use --output FILE or --quick for fewer")
    load = os.getloadavg()[0]
    if load > 0.7:
        print(f"script/bench: the machine is busy (load {load:.1f}); waiting", file=sys.stderr, flush=True)
        deadline = time.monotonic() + 300
        while os.getloadavg()[0] > 0.7:
            if time.monotonic() > deadline:
                sys.exit("script/bench: the machine stays busy; measure when it is idle")
            time.sleep(5)


def main() -> int:
    arguments = _arguments()
    _refuse_bad_conditions(arguments)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 60_000) if hard != resource.RLIM_INFINITY else 60_000, hard))
    rows: list[Row] = []
    others: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="omniroute-bench-") as directory:
        home = Path(directory)
        running = [start_upstream(home), start_proxy(home)]
        gateway = Gateway(home / "gateway")
        try:
            gateway.start()
            wait_for_port(GATEWAY_PORT)
            gateway.configure()
            setting = Setting(home, gateway, running[1], arguments.rounds, arguments.seconds, arguments.quick)
            for name, measure in measures.ALL.items():
                if arguments.only and name not in arguments.only:
                    continue
                print(f"==> {name}", file=sys.stderr, flush=True)
                found = measure(setting)
                rows += found
                print("\n".join(_table(found)[2:]), file=sys.stderr, flush=True)
            if arguments.peers:
                print("==> peers", file=sys.stderr, flush=True)
                others = peers.measure(setting)
        finally:
            gateway.stop()
            for process in running:
                process.stop()
    report = _report(rows, others, arguments)
    print(report)
    if arguments.output:
        arguments.output.write_text(report)
    elif not (arguments.quick or arguments.only):
        REPORT.write_text(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
