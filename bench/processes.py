"""The processes of a measurement: nginx as upstream and as bare proxy, the gateway, each on its own core."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from . import dialects, messages
from .dialects import Dialect

ROOT = Path(__file__).resolve().parents[1]
BINARY = ROOT / ".build/release/omniroute"
LOADTOOL = ROOT / ".build/bench/loadtool"

LOAD_CORE = 0
"""Load generator and upstream."""
GATEWAY_CORE = 1
"""The gateway under test, or nginx as proxy."""

PORTS = UPSTREAM_PORT, PROXY_PORT, GATEWAY_PORT, PACED_PORT = 18081, 18082, 18083, 18084

TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A child bound to a core."""

    def __init__(self, core: int, command: list[str], **options: Any) -> None:
        self.child = subprocess.Popen(["taskset", "-c", str(core), *command], **options)

    @property
    def pid(self) -> int:
        return self.child.pid

    def tree(self) -> list[int]:
        """The process and its descendants (nginx works in a child)."""
        found, queue = [], [self.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            listing = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
            queue += [int(line) for line in listing.split()]
        return found

    def cpu_seconds(self) -> float:
        total = 0
        for pid in self.tree():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def exact_cpu_seconds(self) -> float:
        """To the nanosecond for threads that wait; the process's own, without children."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def rss_megabytes(self) -> float:
        total = 0
        for pid in self.tree():
            match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            total += int(match.group(1)) if match else 0
        return total / 1024

    def stop(self) -> None:
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_port(port: int, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _set_parts(name: str, text: str) -> str:
    """`set` lines that make up a long text; nginx limits the length of one word of its configuration."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    parts = [escaped[start : start + 3000] for start in range(0, len(escaped), 3000)]
    lines = [f"set ${name}{index} '{part}';" for index, part in enumerate(parts)]
    return "\n".join(lines), "".join(f"${name}{index}" for index in range(len(parts)))


def _location(path: str, kind: str, text: str, choice: str = "") -> str:
    lines, words = _set_parts("answer", text)
    return f"location {path} {{ {choice} default_type {kind}; {lines} return 200 {words}; }}\n"


def _nginx(home: Path, name: str, core: int, server: str) -> Process:
    directory = home / name
    directory.mkdir(parents=True, exist_ok=True)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = "\n".join(
        f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (directory / "nginx.conf").write_text(
        f"""
        {user} worker_processes 1; daemon off; pid {directory}/pid; error_log {directory}/error.log;
        worker_rlimit_nofile 40000;
        events {{ worker_connections 20000; }}
        http {{
            access_log off; {temporary} keepalive_requests 100000000; keepalive_timeout 600s;
            client_max_body_size 20m; client_body_buffer_size 1m; tcp_nodelay on;
            {server}
        }}"""
    )
    return Process(core, ["nginx", "-p", str(directory), "-c", "nginx.conf", "-e", str(directory / "error.log")])


def _either(path: str, dialect: Dialect) -> str:
    """An answer of 2 KB, or a long stream if the request says that it takes one."""
    streamed = _location(f"@{dialect.prefix}", dialect.stream_type, dialect.stream(dialects.LONG))
    choice = f'error_page 418 =200 @{dialect.prefix}; if ($http_accept = "{dialect.stream_type}") {{ return 418; }}'
    return streamed + _location(path, "application/json", dialect.whole(), choice)


def start_upstream(home: Path) -> Process:
    """nginx with fixed answers: small ones, and whole and streamed ones in every dialect."""
    locations = "".join(
        [
            _location("/whole/v1/chat/completions", "application/json", messages.ANSWER),
            _location("/stream/v1/chat/completions", "text/event-stream", dialects.CHAT.stream(dialects.WORDS)),
            _location("/stream/v1/messages", "text/event-stream", dialects.MESSAGES.stream(dialects.WORDS)),
            *(_either("/any" + dialect.path.split("{")[0], dialect) for dialect in dialects.ALL),
        ]
    )
    process = _nginx(
        home, "upstream", LOAD_CORE, f"server {{ listen 127.0.0.1:{UPSTREAM_PORT} backlog=8192; {locations} }}"
    )
    wait_for_port(UPSTREAM_PORT)
    return process


def start_proxy(home: Path) -> Process:
    """nginx as bare proxy with keep-alive: what anyone could reach at best."""
    proxied = "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering"
    server = f"""
        upstream fixed {{ server 127.0.0.1:{UPSTREAM_PORT}; keepalive 128; }}
        upstream paced {{ server 127.0.0.1:{PACED_PORT}; keepalive 128; }}
        server {{
            listen 127.0.0.1:{PROXY_PORT} backlog=8192;
            location / {{ proxy_pass http://fixed; {proxied} on; }}
            location /paced/ {{ proxy_pass http://paced; {proxied} off; proxy_read_timeout 600s; }}
        }}"""
    process = _nginx(home, "proxy", GATEWAY_CORE, server)
    wait_for_port(PROXY_PORT)
    return process


def start_paced_upstream() -> Process:
    process = Process(LOAD_CORE, [str(LOADTOOL), "upstream", str(PACED_PORT)])
    time.sleep(0.2)
    return process


class Gateway:
    """The release build with everything on: keys required, usage and cost recorded, one loop on one core."""

    PASSWORD = "bench marks need a password"

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.key = ""
        self.process: Process | None = None
        self._cookie = ""

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PORT": str(GATEWAY_PORT),
            "DATA_DIR": str(self.data),
            "INITIAL_PASSWORD": self.PASSWORD,
            "REQUIRE_API_KEY": "true",
            "OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "true",
            "OMNIROUTE_WORKERS": "1",
        }
        log = (self.home / "output.log").open("ab")
        self.process = Process(
            GATEWAY_CORE,
            [str(BINARY), "serve"],
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def stop(self) -> None:
        if self.process:
            self.process.stop()
            self.process = None

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{GATEWAY_PORT}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Cookie": self._cookie},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            if cookie := answer.headers.get("Set-Cookie"):
                self._cookie = cookie.split(";", 1)[0]
            return json.loads(answer.read())

    def configure(self) -> None:
        """One provider per kind of upstream, named by its prefix, and one key."""
        self._call("/api/auth/login", {"password": self.PASSWORD})
        upstream, paced = f"http://127.0.0.1:{UPSTREAM_PORT}", f"http://127.0.0.1:{PACED_PORT}"
        for prefix, kind, base in (
            ("whole", "chat", f"{upstream}/whole/v1"),
            ("stream", "chat", f"{upstream}/stream/v1"),
            ("astream", "messages", f"{upstream}/stream/v1"),
            ("paced", "chat", f"{paced}/v1"),
            ("rpaced", "responses", f"{paced}/v1"),
            *((kind, kind, f"{upstream}/any/v1") for kind in ("chat", "responses", "messages")),
        ):
            wish = {"name": prefix, "prefix": prefix, "baseUrl": base, "type": "openai-compatible", "apiType": kind}
            if kind == "messages":
                wish = {"name": prefix, "prefix": prefix, "baseUrl": base, "type": "anthropic-compatible"}
            node = self._call("/api/provider-nodes", wish)
            self._call("/api/providers", {"provider": node["node"]["id"], "name": prefix, "apiKey": "sk-bench"})
        # Of these there is no kind to define; the catalogue's own are sent elsewhere.
        for provider in ("gemini", "ollama-local"):
            elsewhere = {"baseUrl": f"{upstream}/any"}
            wish = {"provider": provider, "name": provider, "apiKey": "sk-bench", "providerSpecificData": elsewhere}
            self._call("/api/providers", wish)
        self.key = self._call("/api/keys", {"name": "bench"})["key"]


def request_bytes(port: int, path: str, body: bytes, key: str = "", *, close: bool = False) -> bytes:
    """A whole HTTP request."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if close:
        lines.append("Connection: close")
    lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def wrk(
    home: Path, port: int, path: str, body: bytes, key: str = "", *, seconds: float = 5, connections: int = 32
) -> dict[str, float]:
    """A closed-loop load; requests per second, latency and the number of answers that were not 200."""
    (home / "body").write_bytes(body)
    script = home / "load.lua"
    header = f'wrk.headers["Authorization"] = "Bearer {key}"' if key else ""
    script.write_text(
        f"""
        local file = io.open("{home / "body"}", "rb")
        wrk.method = "POST"; wrk.body = file:read("*a"); wrk.headers["Content-Type"] = "application/json"
        {header}
        function done(summary, latency, requests)
            io.write(string.format('RESULT {{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failures":%d}}\\n',
                summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
                summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
        end"""
    )
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{max(1, round(seconds))}s",
        "--timeout",
        "10s",
        "-s",
        str(script),
        f"http://127.0.0.1:{port}{path}",
    ]
    ran = subprocess.run(["taskset", "-c", str(LOAD_CORE), *command], capture_output=True, text=True, check=True)
    result = json.loads(re.search(r"^RESULT (.*)$", ran.stdout, re.MULTILINE).group(1))
    if result["failures"]:
        raise RuntimeError(f"{result['failures']} of {result['requests']} requests failed on port {port}{path}")
    return {**result, "rate": result["requests"] / result["seconds"]}


def loadtool(*arguments: str) -> dict[str, Any]:
    command = ["taskset", "-c", str(LOAD_CORE), str(LOADTOOL), *arguments]
    result = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    if result["failures"]:
        raise RuntimeError(f"{result['failures']} failures: {' '.join(arguments)}")
    return result
