"""Other gateways beside ours, from the Python package index, each with one worker on the same core."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import messages
from .measures import CHAT, Load, Row, Setting, Target, compare
from .processes import GATEWAY_CORE, GATEWAY_PORT, ROOT, UPSTREAM_PORT, Process, wait_for_port

LITELLM_PORT = 18085

LITELLM_PACKAGES = ["-r", "e2e/requirements-litellm.txt"]
TENSORZERO_PACKAGES = ["tensorzero==2026.6.0"]

TENSORZERO_CONFIGURATION = """
[gateway]
observability.enabled = false
[models.bench]
routing = ["fixed"]
[models.bench.providers.fixed]
type = "openai"
model_name = "bench"
api_base = "http://127.0.0.1:{port}/whole/v1/"
api_key_location = "env::BENCH_KEY"
[models.bench_stream]
routing = ["fixed"]
[models.bench_stream.providers.fixed]
type = "openai"
model_name = "bench"
api_base = "http://127.0.0.1:{port}/stream/v1/"
api_key_location = "env::BENCH_KEY"
"""

TENSORZERO_PROGRAM = """
import time, tensorzero.tensorzero as t
gateway = t._start_http_gateway(config_file="{config}", clickhouse_url=None, postgres_url=None, valkey_url=None,
                                async_setup=False)
print(gateway.base_url, flush=True)
time.sleep(1e6)
"""

LITELLM_CONFIGURATION = """
model_list:
  - model_name: bench
    litellm_params: {{model: openai/bench, api_base: "http://127.0.0.1:{port}/whole/v1", api_key: sk-bench}}
  - model_name: bench_stream
    litellm_params: {{model: openai/bench, api_base: "http://127.0.0.1:{port}/stream/v1", api_key: sk-bench}}
litellm_settings: {{telemetry: false}}
general_settings: {{master_key: "{key}"}}
"""

LITELLM_KEY = "sk-bench-0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Peer:
    """A running gateway of another make: what to ask it and how."""

    process: Process
    port: int
    path: str
    model: str
    key: str


def _environment(name: str, packages: list[str]) -> Path:
    directory = ROOT / f".venv-{name}"
    if not (directory / ".complete").exists():
        subprocess.run(["python3", "-m", "venv", "--clear", str(directory)], check=True)
        subprocess.run([str(directory / "bin/pip"), "install", "--quiet", *packages], check=True, cwd=ROOT)
        (directory / ".complete").touch()
    return directory / "bin"


def _litellm(home: Path) -> Peer:
    programs = _environment("bench-litellm", LITELLM_PACKAGES)
    (home / "litellm.yaml").write_text(LITELLM_CONFIGURATION.format(port=UPSTREAM_PORT, key=LITELLM_KEY))
    log = (home / "litellm.log").open("wb")
    process = Process(
        GATEWAY_CORE,
        [str(programs / "litellm"), "--config", str(home / "litellm.yaml"), "--host", "127.0.0.1"]
        + ["--port", str(LITELLM_PORT), "--num_workers", "1"],
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "HOME": str(home)},
        stdout=log,
        stderr=log,
    )
    wait_for_port(LITELLM_PORT, 120)
    return Peer(process, LITELLM_PORT, CHAT, "bench", LITELLM_KEY)


def _tensorzero(home: Path) -> Peer:
    programs = _environment("bench-tensorzero", TENSORZERO_PACKAGES)
    (home / "tensorzero.toml").write_text(TENSORZERO_CONFIGURATION.format(port=UPSTREAM_PORT))
    process = Process(
        GATEWAY_CORE,
        [str(programs / "python"), "-c", TENSORZERO_PROGRAM.format(config=home / "tensorzero.toml")],
        env={**os.environ, "BENCH_KEY": "sk-bench", "RUST_LOG": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    port = int(re.search(r":(\d+)", process.child.stdout.readline().split("//", 1)[1]).group(1))
    wait_for_port(port, 60)
    return Peer(process, port, "/openai/v1/chat/completions", "tensorzero::model_name::bench", "")


PEERS: dict[str, Callable[[Path], Peer]] = {"LiteLLM 1.106.2": _litellm, "TensorZero 2026.6.0": _tensorzero}


def measure(setting: Setting) -> list[Row]:
    """Whole and streamed answers, OpenAI on both sides; the others without recording usage."""
    rows = []
    for name, start in PEERS.items():
        try:
            peer = start(setting.home)
        except (subprocess.CalledProcessError, OSError, AttributeError) as error:
            rows.append(Row(f"{name}: could not be started ({error})", ""))
            continue
        try:
            rows += _against(setting, name, peer)
        finally:
            peer.process.stop()
    return rows


def _against(setting: Setting, name: str, peer: Peer) -> list[Row]:
    rows = []
    kinds = (("whole answers", "", "whole", {}), ("streams", "_stream", "stream", {"stream": True}))
    for kind, suffix, prefix, more in kinds:
        theirs, mine = messages.small(peer.model + suffix, **more), messages.small(f"{prefix}/bench", **more)
        targets: dict[str, Target] = {
            "peer": (peer.process, peer.port, peer.path, theirs, peer.key),
            "ours": (setting.served, GATEWAY_PORT, CHAT, mine, setting.gateway.key),
        }
        loads = compare(setting, targets)
        rows.append(
            Row(
                f"{name}, {kind}: {_figures(loads['peer'], peer.process)}",
                _figures(loads["ours"], setting.served),
                "",
                loads["ours"].rate / loads["peer"].rate,
                "× its rate",
            )
        )
    return rows


def _figures(load: Load, process: Process) -> str:
    return f"{load.rate:,.0f}/s, p50 {load.p50:.1f} ms, p99 {load.p99:.1f} ms, {process.rss_megabytes():.0f} MB"
