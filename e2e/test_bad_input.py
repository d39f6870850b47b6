"""Bad input at every level gets its own status and harms nobody: bytes on the wire, JSON, fields."""

from __future__ import annotations

import contextlib
import json
import socket
import time

import httpx
import pytest

from .support.clients import OpenAIClient
from .support.conversation import Question
from .support.gateway import Gateway
from .upstream import ScriptedUpstream
from .upstream.answers import HELLO

GOOD = {"model": "MODEL", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(autouse=True)
def still_alive(gateway: Gateway, prefixes: dict[str, str]) -> None:
    """After each test of this module the gateway answers as before."""
    yield
    assert gateway.is_running()
    client = OpenAIClient(gateway.origin)
    assert client.ask(f"{prefixes['openai']}/text", Question(), stream=False).text == HELLO
    client.close()


def exchange(gateway: Gateway, request: bytes, timeout: float = 15) -> tuple[int, bytes, bool]:
    """Sends raw bytes; returns the status, the whole answer and whether the server closed the connection."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=timeout) as raw:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            raw.sendall(request)
        answer, closed = b"", False
        raw.settimeout(1.0)
        try:
            while data := raw.recv(65536):
                answer += data
            closed = True
        except TimeoutError:
            pass
        except ConnectionResetError:
            closed = True
    status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return status, answer, closed


def http_request(gateway: Gateway, head: str, body: bytes = b"") -> bytes:
    return head.replace("HOST", f"127.0.0.1:{gateway.port}").replace("\n", "\r\n").encode("latin-1") + body


SMUGGLED = b"GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

AMBIGUOUS = {
    "length and chunked": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: 5\nTransfer-Encoding: chunked\n\n",
    "two lengths": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: 5\nContent-Length: 6\n\n",
    "two equal lengths": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: 5\nContent-Length: 5\n\n",
    "list of lengths": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: 5, 5\n\n",
    "signed length": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: +5\n\n",
    "negative length": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: -5\n\n",
    "huge length": "POST /v1/messages HTTP/1.1\nHost: HOST\nContent-Length: 99999999999999999999999\n\n",
    "xchunked": "POST /v1/messages HTTP/1.1\nHost: HOST\nTransfer-Encoding: xchunked\n\n",
    "chunked twice": "POST /v1/messages HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked, chunked\n\n",
    "gzip, chunked": "POST /v1/messages HTTP/1.1\nHost: HOST\nTransfer-Encoding: gzip, chunked\n\n",
    "two encodings": "POST /v1/models HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n",
    "chunked in 1.0": "POST /v1/messages HTTP/1.0\nHost: HOST\nTransfer-Encoding: chunked\n\n",
    "blank before colon": "GET /v1/models HTTP/1.1\nHost: HOST\nX-Name : value\n\n",
    "empty name": "GET /v1/models HTTP/1.1\nHost: HOST\n: value\n\n",
    "control in name": "GET /v1/models HTTP/1.1\nHost: HOST\nX-\x01: value\n\n",
    "nul in value": "GET /v1/models HTTP/1.1\nHost: HOST\nX-A: a\x00b\n\n",
    "no host": "GET /v1/models HTTP/1.1\n\n",
    "two hosts": "GET /v1/models HTTP/1.1\nHost: HOST\nHost: HOST\n\n",
    "fragment": "GET /v1/models#x HTTP/1.1\nHost: HOST\n\n",
    "version 1.2": "GET /v1/models HTTP/1.2\nHost: HOST\n\n",
    "version 9": "GET /v1/models HTTP/9.9\nHost: HOST\n\n",
    "encoded nul": "GET /v1/%00models HTTP/1.1\nHost: HOST\n\n",
    "encoded slash": "GET /v1%2fmodels HTTP/1.1\nHost: HOST\n\n",
    "encoded backslash": "GET /v1%5cmodels HTTP/1.1\nHost: HOST\n\n",
    "dots": "GET /v1/../api/keys HTTP/1.1\nHost: HOST\n\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_requests_are_refused_and_the_connection_closed(gateway: Gateway, name: str) -> None:
    status, answer, closed = exchange(gateway, http_request(gateway, AMBIGUOUS[name], b"0\r\n\r\n" + SMUGGLED))
    assert status in (0, 400, 404, 421, 501, 505), answer[:200]
    assert answer.count(b"HTTP/1.1 ") <= 1, "the smuggled request must not be answered"
    assert closed


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 2000]
)
def test_other_protocols(gateway: Gateway, junk: bytes) -> None:
    status, _, closed = exchange(gateway, junk + b"\r\n\r\n")
    assert status in (0, 400, 405, 414, 431, 505)
    assert closed


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (f"GET /{'a' * 20_000} HTTP/1.1\nHost: HOST\n\n", {414, 431}),
        (f"GET /v1/models HTTP/1.1\nHost: HOST\nX-Big: {'a' * 20_000}\n\n", {431}),
        ("GET /v1/models HTTP/1.1\nHost: HOST\n" + "".join(f"X-{i}: {'b' * 300}\n" for i in range(120)) + "\n", {431}),
        ("GET /v1/models HTTP/1.1\nHost: HOST\n" + "".join(f"X-{i}: b\n" for i in range(150)) + "\n", {431}),
    ],
    ids=["line", "one header", "block", "count"],
)
def test_oversized_heads(gateway: Gateway, head: str, expected: set[int]) -> None:
    status, _, closed = exchange(gateway, http_request(gateway, head))
    assert status in expected
    assert closed


def test_an_oversized_body_is_refused_before_it_is_read(gateway: Gateway) -> None:
    head = (
        "POST /v1/chat/completions HTTP/1.1\nHost: HOST\nContent-Type: application/json\nContent-Length: 20000000\n\n"
    )
    started = time.monotonic()
    status, _, closed = exchange(gateway, http_request(gateway, head, b"{"))
    assert status == 413
    assert closed
    assert time.monotonic() - started < 5


def test_an_oversized_chunked_body_is_refused(gateway: Gateway) -> None:
    head = (
        "POST /v1/chat/completions HTTP/1.1\nHost: HOST\nContent-Type: application/json\nTransfer-Encoding: chunked\n\n"
    )
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    status, _, _ = exchange(gateway, http_request(gateway, head, chunk * 200))
    assert status == 413


def test_a_large_body_within_the_limit_passes(
    http: httpx.Client, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    text = "a" * 9_500_000
    body = {"model": f"{prefixes['openai']}/text", "messages": [{"role": "user", "content": text}]}
    assert http.post("/v1/chat/completions", json=body).status_code == 200
    assert upstream.requests.last("text").json["messages"][0]["content"] == text


def test_a_client_that_sends_its_head_slowly_is_cut_off(gateway: Gateway) -> None:
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as raw:
        raw.sendall(b"GET /v1/models HTTP/1.1\r\n")
        answer = b""
        for _ in range(40):
            try:
                raw.sendall(b"X: y\r\n")
            except OSError:
                break
            raw.settimeout(0.5)
            try:
                answer = raw.recv(1000)
                break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - started < 17, "ten seconds for a head"
    assert answer == b"" or b" 408 " in answer[:20]


METHODS = ["DELETE", "PUT", "PATCH", "TRACE", "CONNECT", "BREW"]


@pytest.mark.parametrize("method", METHODS)
def test_wrong_methods(gateway: Gateway, method: str, upstream: ScriptedUpstream) -> None:
    before = len(upstream.requests.all())
    head = f"{method} /v1/chat/completions HTTP/1.1\nHost: HOST\nContent-Length: 0\n\n"
    status, answer, _ = exchange(gateway, http_request(gateway, head))
    assert status in (400, 405, 501)
    if status == 405:
        assert b"allow: " in answer.lower()
    assert len(upstream.requests.all()) == before


def test_head_and_options(http: httpx.Client) -> None:
    head, get = http.head("/v1/models"), http.get("/v1/models")
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert http.options("/v1/chat/completions").status_code in (200, 204)


def test_unknown_paths(http: httpx.Client) -> None:
    for path in ("/v1/nothing", "/v1/chat", "/nothing", "/v1/chat/completions/more"):
        answer = http.post(path, json=GOOD)
        assert answer.status_code in (401, 404), path
        assert answer.json()["error"]


PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}


def deep(depth: int) -> str:
    return "[" * depth + "]" * depth


BROKEN_JSON = {
    "nothing": b"",
    "blank": b"   ",
    "half": b'{"model":"x","messages":[',
    "trailing comma": b'{"model":"x","messages":[],}',
    "single quotes": b"{'model':'x'}",
    "two values": b'{"model":"x"} {"model":"y"}',
    "a list": b"[]",
    "a string": b'"text"',
    "a number": b"1",
    "null": b"null",
    "bare NaN": b'{"model":"x","messages":[],"temperature":NaN}',
    "leading zero": b'{"model":"x","messages":[],"max_tokens":01}',
    "control character": b'{"model":"x\x01","messages":[]}',
    "bad utf-8": b'{"model":"x","messages":[{"role":"user","content":"\xff\xfe"}]}',
    "overlong utf-8": b'{"model":"x","messages":[{"role":"user","content":"\xc0\xaf"}]}',
    "utf-16": '{"model":"x","messages":[]}'.encode("utf-16"),
    "too deep": b'{"model":"x","messages":[],"x":' + deep(200).encode() + b"}",
    "far too deep": b'{"model":"x","messages":[],"x":' + deep(200_000).encode() + b"}",
    "long number": b'{"model":"x","messages":[],"x":' + b"9" * 5000 + b"}",
    "model twice": b'{"model":"x","model":"y","messages":[{"role":"user","content":"Hi"}]}',
    "stream twice": b'{"model":"x","stream":true,"stream":false,"messages":[{"role":"user","content":"Hi"}]}',
}


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("name", BROKEN_JSON)
def test_broken_json(http: httpx.Client, dialect: str, name: str) -> None:
    answer = http.post(PATHS[dialect], content=BROKEN_JSON[name], headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    error = answer.json()
    assert error["error"]["message"]
    assert (error.get("type") == "error") == (dialect == "anthropic")


WRONG_FIELDS: dict[str, dict[str, object]] = {
    "no model": {"model": None},
    "model a number": {"model": 7},
    "model a list": {"model": ["x"]},
    "empty model": {"model": ""},
    "no messages": {"messages": None},
    "messages a string": {"messages": "Hi"},
    "messages an object": {"messages": {}},
    "messages empty": {"messages": []},
    "a message a string": {"messages": ["Hi"]},
    "a message null": {"messages": [None]},
    "a role a number": {"messages": [{"role": 1, "content": "Hi"}]},
    "stream a string": {"stream": "maybe"},
}


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_wrong_fields(http: httpx.Client, dialect: str, name: str, prefixes: dict[str, str]) -> None:
    """Sent towards the other dialect, so that the gateway itself must read them."""
    other = prefixes["anthropic" if dialect == "openai" else "openai"]
    body = {**GOOD, "model": f"{other}/text", "max_tokens": 10, **WRONG_FIELDS[name]}
    if None in WRONG_FIELDS[name].values():
        body = {field: value for field, value in body.items() if value is not None}
    answer = http.post(PATHS[dialect], json=body)
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"]["message"]


JUNK: list[object] = [None, True, 0, -1, 1e308, "text", "", [], [[]], {}, {"a": {}}, ["x", 1, None], {"type": "text"}]

FIELDS = {
    "openai": "messages max_tokens temperature tools tool_choice stop response_format stream_options reasoning_effort "
    "user n parallel_tool_calls metadata",
    "anthropic": "messages system max_tokens temperature tools tool_choice stop_sequences thinking metadata "
    "output_config",
}


@pytest.mark.parametrize("dialect", PATHS)
@pytest.mark.parametrize("target", ["openai", "anthropic"])
def test_junk_in_every_field_never_breaks_the_gateway(
    http: httpx.Client, dialect: str, target: str, prefixes: dict[str, str]
) -> None:
    """Accepted, refused by the provider or refused by the gateway; never a 5xx of its own."""
    for field in FIELDS[dialect].split():
        for junk in JUNK:
            model = f"{prefixes[target]}/loose"
            body = {**GOOD, "model": model, "max_tokens": 10, field: junk}
            answer = http.post(PATHS[dialect], json=body)
            assert answer.status_code < 500, f"{field}={junk!r}: {answer.status_code} {answer.text}"
            inner = {**GOOD, "model": model, "max_tokens": 10}
            for content in ([junk], [{"type": "text", "text": junk}], [{"type": "image_url", "image_url": junk}]):
                inner["messages"] = [{"role": "user", "content": content}]
                answer = http.post(PATHS[dialect], json=inner)
                assert answer.status_code < 500, f"content={content!r}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("field", ["tools", "messages"])
def test_junk_deeper_down(http: httpx.Client, field: str, prefixes: dict[str, str]) -> None:
    shapes = {
        "tools": lambda junk: [{"type": "function", "function": {"name": "f", "parameters": junk}}],
        "messages": lambda junk: [
            {"role": "assistant", "tool_calls": [{"id": "x", "type": "function", "function": junk}]},
            {"role": "tool", "tool_call_id": junk, "content": "x"},
        ],
    }
    for junk in JUNK:
        body = {**GOOD, "model": f"{prefixes['anthropic']}/loose", field: shapes[field](junk)}
        answer = http.post("/v1/chat/completions", json=body)
        assert answer.status_code < 500, f"{junk!r}: {answer.text}"


def test_lone_surrogates_become_the_replacement_character(
    http: httpx.Client, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    model = f"{prefixes['anthropic']}/text"
    raw = '{"model":"MODEL","messages":[{"role":"user","content":"a\\ud800b"}]}'.replace("MODEL", model)
    answer = http.post("/v1/chat/completions", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    content = json.dumps(upstream.requests.last("text").json["messages"][0]["content"], ensure_ascii=False)
    assert "a\ufffdb" in content


def test_a_content_type_that_is_not_json(http: httpx.Client) -> None:
    answer = http.post("/v1/chat/completions", content=json.dumps(GOOD), headers={"content-type": "text/plain"})
    assert answer.status_code in (400, 403, 415)


def test_a_compressed_request_is_refused(http: httpx.Client) -> None:
    headers = {"content-type": "application/json", "content-encoding": "br"}
    assert http.post("/v1/chat/completions", content=b"\x00\x01", headers=headers).status_code == 415


def test_requests_sent_back_to_back_are_answered_in_order(gateway: Gateway, prefixes: dict[str, str]) -> None:
    requests = b""
    for number in range(5):
        body = json.dumps({**GOOD, "model": f"{prefixes['openai']}/text", "user": str(number)}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\nHost: HOST\nContent-Type: application/json\n"
        requests += http_request(gateway, f"{head}X-Request-Id: n{number}\nContent-Length: {len(body)}\n\n", body)
    _, answer, _ = exchange(gateway, requests)
    positions = [answer.lower().find(b"x-request-id: n%d" % number) for number in range(5)]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_a_request_cut_at_every_byte_is_answered_the_same(gateway: Gateway, prefixes: dict[str, str]) -> None:
    body = json.dumps({**GOOD, "model": f"{prefixes['openai']}/text"}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\nHost: HOST\nContent-Type: application/json\nConnection: close\n"
    whole = http_request(gateway, f"{head}Content-Length: {len(body)}\n\n", body)
    for position in range(1, len(whole), 7):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.sendall(whole[:position])
            time.sleep(0.002)
            raw.sendall(whole[position:])
            answer = b""
            while data := raw.recv(65536):
                answer += data
        assert answer.startswith(b"HTTP/1.1 200 "), position
        assert HELLO.encode() in answer
