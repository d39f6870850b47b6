"""What goes wrong on a server: ports, disks, directories, second instances, restarts, shutdown under load."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .support.clients import OpenAIClient
from .support.conversation import Question
from .support.gateway import Gateway
from .support.management import Management
from .upstream import ScriptedUpstream
from .upstream.answers import HELLO

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


def refuses(gateway: Gateway, *words: str, timeout: float = 20) -> str:
    """Expects the program to end by itself with an error that says what to do; returns the output."""
    gateway.launch()
    code = gateway.wait_exit(timeout)
    gateway.process = None
    assert code not in (0, -signal.SIGILL, -signal.SIGTRAP, -signal.SIGSEGV, -signal.SIGABRT), gateway.output
    lowered = gateway.output.lower()
    for word in words:
        assert word.lower() in lowered, gateway.output
    assert "fatal error" not in lowered
    return gateway.output


def test_a_port_in_use(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", gateway.port))
        taken.listen()
        refuses(gateway, str(gateway.port), "in use")


def test_a_second_instance(new_gateway: Callable[..., Gateway]) -> None:
    first = new_gateway().start()
    second = new_gateway(environment={"DATA_DIR": str(first.data)})
    refuses(second, str(first.data))
    assert first.is_running()
    assert httpx.get(first.origin + "/api/monitoring/health").status_code == 200


def test_the_lock_of_a_killed_instance_does_not_stay(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway().start()
    gateway.kill()
    gateway.start()


def test_a_data_directory_that_is_a_file(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway()
    gateway.home.mkdir(parents=True)
    gateway.data.write_text("not a directory")
    refuses(gateway, str(gateway.data))
    assert gateway.data.read_text() == "not a directory"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", mount], check=True)
    yield mount
    subprocess.run(["umount", "--lazy", mount], check=True)


@ROOT_ONLY
def test_a_read_only_data_directory(new_gateway: Callable[..., Gateway], small_disk: Path) -> None:
    gateway = new_gateway(environment={"DATA_DIR": str(small_disk / "data")})
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    refuses(gateway, str(small_disk / "data"))


@ROOT_ONLY
def test_a_disk_without_room_at_the_first_start(new_gateway: Callable[..., Gateway], small_disk: Path) -> None:
    fill(small_disk)
    refuses(new_gateway(environment={"DATA_DIR": str(small_disk / "data")}))


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"\0" * 4096)


@ROOT_ONLY
def test_a_disk_that_fills_up_and_is_cleared(
    new_gateway: Callable[..., Gateway], small_disk: Path, upstream: ScriptedUpstream
) -> None:
    """While nothing can be written, management says so and the process lives; afterwards all is well."""
    gateway = new_gateway(environment={"DATA_DIR": str(small_disk / "data")}).start()
    management = Management(gateway)
    prefix = management.add_node("openai", upstream.base)
    client = OpenAIClient(gateway.origin)
    assert client.ask(f"{prefix}/text", Question(), stream=False).text == HELLO
    fill(small_disk)
    for number in range(200):
        answer = management.http.post(
            "/api/combos", json={"name": f"big{number}", "models": [f"{prefix}/{'x' * 3000}"] * 20}
        )
        if answer.status_code != 201:
            break
    assert answer.status_code in (500, 503, 507)
    assert answer.json()["error"]
    with contextlib.suppress(client.exceptions.APIStatusError):
        client.ask(f"{prefix}/text", Question(), stream=False)
    assert gateway.is_running()
    (small_disk / "filler").unlink()
    deadline = time.monotonic() + 15
    while management.http.post("/api/combos", json={"name": "after", "models": [f"{prefix}/text"]}).status_code != 201:
        assert time.monotonic() < deadline, "writing works again once there is room"
        time.sleep(0.2)
    assert client.ask("after", Question(), stream=False).text == HELLO
    client.close()
    management.close()
    gateway.stop()
    assert integrity(small_disk / "data") == ["ok"]


def database(data: Path) -> Path:
    (found,) = [path for path in data.iterdir() if path.suffix in {".sqlite", ".db", ".sqlite3"}]
    return found


def integrity(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(database(data))) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check")]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "one page"])
def test_a_corrupt_database_is_reported_and_left_alone(new_gateway: Callable[..., Gateway], damage: str) -> None:
    """Never a silent fresh start over data that could still be rescued."""
    gateway = new_gateway().start()
    management = Management(gateway)
    for number in range(30):
        management.call("POST", "/api/combos", {"name": f"c{number}", "models": ["x/" + "y" * 500]}, expect=201)
    management.close()
    gateway.stop()
    path = database(gateway.data)
    content = bytearray(path.read_bytes())
    match damage:
        case "garbage":
            content[:] = os.urandom(len(content))
        case "truncated":
            del content[len(content) // 2 :]
        case "one page":
            content[4096 : 3 * 4096] = b"\xa5" * (2 * 4096)
    path.write_bytes(content)
    refuses(gateway, path.name)
    assert path.read_bytes() == content, "evidence stays untouched"


def test_a_lost_storage_key_is_not_replaced(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> None:
    """With secrets in the database and no key to open them, the program says so instead of making a new key."""
    gateway = new_gateway().start()
    management = Management(gateway)
    management.add_node("openai", upstream.base)
    management.close()
    gateway.stop()
    kept = (gateway.data / "server.env").read_text()
    (gateway.data / "server.env").unlink()
    refuses(gateway, "STORAGE_ENCRYPTION_KEY")
    (gateway.data / "server.env").write_text(kept)
    (gateway.data / "server.env").chmod(0o600)
    gateway.start()


def test_a_database_of_a_newer_version_is_refused(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway().start()
    gateway.stop()
    path = database(gateway.data)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            pytest.skip("the version is kept elsewhere")
        connection.execute(f"PRAGMA user_version = {version + 1000}")
        connection.commit()
    refuses(gateway, "newer")


def test_requests_under_way_are_finished_before_the_end(own, upstream: ScriptedUpstream) -> None:  # noqa: ANN001
    prefix = own.management.add_node("openai", upstream.base)
    client = OpenAIClient(own.gateway.origin)
    pieces = client.text_pieces(f"{prefix}/paced", Question())
    text = next(pieces)
    ended = threading.Thread(target=own.gateway.stop)
    ended.start()
    text += "".join(pieces)
    ended.join()
    client.close()
    assert text == "word " * 100, "the stream went on to its proper end"


def test_the_end_does_not_wait_for_ever(new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream) -> None:
    gateway = new_gateway(environment={"SHUTDOWN_TIMEOUT_MS": "500"}).start()
    management = Management(gateway)
    prefix = management.add_node("openai", upstream.base)
    management.close()
    client = OpenAIClient(gateway.origin)
    pieces = client.text_pieces(f"{prefix}/endless", Question())
    next(pieces)
    started = time.monotonic()
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_exit(10)
    assert time.monotonic() - started < 5
    with contextlib.suppress(Exception):
        list(pieces)
    client.close()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1])
def test_other_signals_do_not_end_it_unexpectedly(new_gateway: Callable[..., Gateway], number: signal.Signals) -> None:
    gateway = new_gateway().start()
    if number == signal.SIGUSR1:
        pytest.skip("its default action is to end the process, and no meaning is given to it")
    gateway.process.send_signal(number)
    time.sleep(0.3)
    if number == signal.SIGPIPE:
        assert gateway.is_running()
        assert httpx.get(gateway.origin + "/api/monitoring/health").status_code == 200
    elif not gateway.is_running():
        assert gateway.wait_exit() == 0, "SIGHUP may end the process, but in good order"
        gateway.process = None


def test_starting_and_answering_takes_a_moment_only(new_gateway: Callable[..., Gateway]) -> None:
    gateway = new_gateway()
    gateway.start()
    gateway.stop()
    started = time.monotonic()
    gateway.start()
    assert time.monotonic() - started < 1.0


def test_memory_does_not_grow_with_requests(own, upstream: ScriptedUpstream) -> None:  # noqa: ANN001
    """Three rounds of the same work: the last adds nothing worth mentioning to the one before."""
    prefix = own.management.add_node("openai", upstream.base)
    body = {"model": f"{prefix}/text", "messages": [{"role": "user", "content": "Hi " * 2000}]}
    sizes = []
    with httpx.Client(base_url=own.gateway.origin) as http:
        for _ in range(3):
            for _ in range(500):
                assert http.post("/v1/chat/completions", json=body).status_code == 200
            sizes.append(own.gateway.rss())
    assert sizes[2] - sizes[1] < 3_000_000, sizes


def test_the_program_stands_alone(new_gateway: Callable[..., Gateway], tmp_path: Path, binary: Path) -> None:
    """Copied elsewhere, started from another directory, without the source tree: it works."""
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy2(binary, alone / "omniroute")
    ran = subprocess.run([alone / "omniroute", "version"], cwd="/", env={}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
