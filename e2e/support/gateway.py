"""The built program as a process with its own data directory."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("OMNIROUTE_BINARY", ROOT / ".build/release/omniroute"))
PASSWORD = "correct horse battery staple"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def closed_port() -> int:
    """A port on which nobody listens."""
    return free_port()


class Gateway:
    """Starts and stops `omniroute serve`; everything it prints is kept in `output`."""

    def __init__(
        self, home: Path, *, environment: dict[str, str] | None = None, arguments: tuple[str, ...] = ()
    ) -> None:
        self.home = home
        self.data = home / "data"
        self.port = free_port()
        self.arguments = arguments
        self.log = home / "output.log"
        # Nothing of the caller's environment: a provider key in it would change what the program offers.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TZ": "UTC",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
            "INITIAL_PASSWORD": PASSWORD,
            "OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "true",
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def launch(self) -> None:
        """Starts the process without waiting for it to answer."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", *self.arguments],
                env={name: value for name, value in self.environment.items() if value is not None},
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> Gateway:
        self.launch()
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = 20) -> None:
        assert self.process
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"exited with {self.process.returncode}:\n{self.output}"
            try:
                if httpx.get(f"{self.origin}/api/monitoring/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.01)
        raise AssertionError(f"not ready after {timeout} s:\n{self.output}")

    def wait_exit(self, timeout: float = 20) -> int:
        assert self.process
        return self.process.wait(timeout)

    def stop(self) -> None:
        """Asks the process to end and insists that it does so in good order."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running 15 s after SIGTERM:\n{self.output[-4000:]}") from None
        self.process = None
        assert code == 0, f"exit status {code}:\n{self.output[-4000:]}"

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def rss(self) -> int:
        """Resident memory in bytes."""
        match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert match
        return int(match.group(1)) * 1024


def run(*arguments: str, environment: dict[str, str], timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Runs the program's command line to its end."""
    return subprocess.run(
        [BINARY, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
