"""Same dialect on both sides: every byte that need not change arrives as it was sent."""

from __future__ import annotations

import re

import httpx
import pytest

from .support.management import Management
from .upstream import ScriptedUpstream, behaviours

# Odd on purpose: unknown fields, numbers whose spelling a parser would lose, escapes, blanks, order, a repeated key.
ODD_MEMBERS = (
    r'"zeta": 1.0, "alpha":1e2 ,"big":123456789012345678901234567890,"tiny":1E-400,"minus":-0.0,'
    r'"text":"caf\u00e9 \/ \ud83d\ude00 ünescaped","nested" : { "b":1,"a":[ 1 , 2.50 ] , "b":2 },'
    "\n\t"
    r'"temperature":0.70, "list":[],"object":{},"nothing":null,"yes":true'
)

OPENAI = (
    '{"messages" : [ {"content":"Hello","role":"user","x_vendor":{"keep":1.50}} ], "model":"MODEL", '
    + ODD_MEMBERS
    + "}"
)
ANTHROPIC = (
    '{"max_tokens":1024,"messages":[{"role":"user","content":[{"type":"text","text":"Hello","x_new":[1.0]},'
    '{"type":"brand_new_block","payload":{"n":1e5}}]}],\n"model" :"MODEL","metadata":{"user_id":"u-1"},'
    + ODD_MEMBERS
    + "}"
)

REQUESTS = {"openai": ("/v1/chat/completions", OPENAI), "anthropic": ("/v1/messages", ANTHROPIC)}


@pytest.fixture(params=REQUESTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def post(http: httpx.Client, dialect: str, model: str, body: str, **headers: str) -> httpx.Response:
    path = REQUESTS[dialect][0]
    content = body.replace("MODEL", model).encode()
    return http.post(path, content=content, headers={"content-type": "application/json", **headers})


def test_a_request_arrives_byte_for_byte(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    body = REQUESTS[dialect][1]
    answer = post(http, dialect, f"{prefixes[dialect]}/loose", body)
    assert answer.status_code == 200, answer.text
    assert upstream.requests.last("loose").body.decode() == body.replace("MODEL", "loose")


def test_a_stream_request_arrives_byte_for_byte_but_for_the_wish_for_usage(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    body = REQUESTS[dialect][1][:-1] + ', "stream" : true}'
    answer = post(http, dialect, f"{prefixes[dialect]}/loose", body)
    assert answer.status_code == 200, answer.text
    got = upstream.requests.last("loose").body.decode()
    assert re.sub(r'\s*,\s*"stream_options"\s*:\s*\{"include_usage"\s*:\s*true\}', "", got) == body.replace(
        "MODEL", "loose"
    )


def test_a_request_with_its_own_stream_options_is_not_touched(
    http: httpx.Client, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    body = OPENAI[:-1] + ', "stream":true, "stream_options" : { "include_obfuscation":false, "include_usage" : true } }'
    assert post(http, "openai", f"{prefixes['openai']}/loose", body).status_code == 200
    assert upstream.requests.last("loose").body.decode() == body.replace("MODEL", "loose")


ANSWERS = {
    "openai": (
        '{"id":"chatcmpl-1", "object" : "chat.completion","created":1755000000,"model":"MODEL","x_new":{"n":1.0},\n'
        r' "choices":[{"index":0, "message":{"content":"caf\u00e9 \/","role":"assistant"},"finish_reason":"stop"}],'
        '"usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46,"x_cost":0.00010}}'
    ),
    "anthropic": (
        '{"id":"msg_1", "type" : "message","role":"assistant","model":"MODEL","x_new":{"n":1.0,"e":1e-7},\n'
        r'"content":[{"type":"text","text":"caf\u00e9 \/"},{"type":"brand_new","n":2.50}],"stop_reason":"end_turn",'
        '"stop_sequence":null,"usage":{"input_tokens":12,"output_tokens":34,"x_new":1.0}}'
    ),
}


def test_an_answer_arrives_byte_for_byte_but_for_the_model(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    said = ANSWERS[dialect].replace("MODEL", "snapshot-2026")
    model = upstream.script(f"odd-{dialect}", behaviours.raw(200, "application/json", said.encode()))
    answer = post(http, dialect, f"{prefixes[dialect]}/{model}", REQUESTS[dialect][1])
    assert answer.text == ANSWERS[dialect].replace("MODEL", f"{prefixes[dialect]}/{model}")


STREAMS = {
    "openai": [
        'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"MODEL","choices":[{"index":0,'
        '"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null, "x":1.0}\n\n',
        'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"MODEL","choices":[{"index":0,'
        r'"delta":{"content":"caf\u00e9","x_new":{"n":1.50}},"finish_reason":null}],"usage":null}' + "\n\n",
        'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"MODEL","choices":[{"index":0,'
        '"delta":{},"finish_reason":"stop"}],"usage":null}\n\n',
        'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"MODEL","choices":[],'
        '"usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46}}\n\n',
        "data: [DONE]\n\n",
    ],
    "anthropic": [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
        '"model":"MODEL","content":[],"stop_reason":null,"stop_sequence":null,'
        '"usage":{"input_tokens":12,"output_tokens":1},"x":1.0}}\n\n',
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
        '"content_block":{"type":"text","text":""}}\n\n',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        r'"delta":{"type":"text_delta","text":"caf\u00e9"}, "x_new":{"n":1.50}}' + "\n\n",
        'event: brand_new_event\ndata: {"type":"brand_new_event","n":1e5}\n\n',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
        '"usage":{"output_tokens":34}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    ],
}


@pytest.mark.parametrize("cut", ["events", "bytes", "at once"])
def test_a_stream_arrives_byte_for_byte_but_for_the_model(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream, cut: str
) -> None:
    events = [event.replace("MODEL", "snapshot-2026").encode() for event in STREAMS[dialect]]
    whole = b"".join(events)
    chunks = {"events": events, "bytes": [bytes([byte]) for byte in whole], "at once": [whole]}[cut]
    model = upstream.script(f"odd-stream-{dialect}-{cut[:2]}", behaviours.raw_stream(*chunks))
    extra = ', "stream":true, "stream_options":{"include_usage":true}}' if dialect == "openai" else ', "stream":true}'
    answer = post(http, dialect, f"{prefixes[dialect]}/{model}", REQUESTS[dialect][1][:-1] + extra)
    got = re.sub(r"^(: .*\n)+\n", "", answer.text, flags=re.MULTILINE)  # the gateway's own figures are comments
    assert got == "".join(STREAMS[dialect]).replace("MODEL", f"{prefixes[dialect]}/{model}")


def test_headers_that_must_not_travel_do_not(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    post(
        http,
        dialect,
        f"{prefixes[dialect]}/loose",
        REQUESTS[dialect][1],
        **{
            "cookie": "auth_token=secret",
            "x-forwarded-for": "203.0.113.9",
            "forwarded": "for=203.0.113.9",
            "x-omniroute-route-class": "MANAGEMENT",
            "te": "trailers",
            "x-hop": "1",
        },
    )
    request = upstream.requests.last("loose")
    names = {name.lower() for name, _ in request.headers}
    assert not names & {"cookie", "x-forwarded-for", "forwarded", "x-omniroute-route-class", "te", "upgrade"}
    assert request.credential == "sk-upstream"
    assert request.header("content-type") == "application/json"
    assert request.header("host") == f"127.0.0.1:{upstream.port}"
    assert len([name for name, _ in request.headers if name.lower() == "content-length"]) == 1


def test_the_clients_key_never_reaches_the_provider(
    http: httpx.Client, dialect: str, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    canary = "sk-client-canary-0123456789"
    header = {"authorization": f"Bearer {canary}"} if dialect == "openai" else {"x-api-key": canary}
    post(http, dialect, f"{prefixes[dialect]}/loose", REQUESTS[dialect][1], **header)
    request = upstream.requests.last("loose")
    assert canary not in repr(request.headers)
    assert canary.encode() not in request.body


def test_beta_headers_reach_anthropic_and_nobody_else(
    http: httpx.Client, management: Management, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    account = management.add_connection("anthropic", "sk-ant-beta", base=upstream.base)
    upstream.script("sk-ant-beta", behaviours.by_model("loose"))
    headers = {"anthropic-beta": "context-1m-2025-08-07,my-beta-2026-01-01", "anthropic-version": "2026-10-21"}
    post(http, "anthropic", "anthropic/claude-sonnet-4-5-20250929", ANTHROPIC, **headers)
    request = upstream.requests.last("claude-sonnet-4-5-20250929")
    assert "my-beta-2026-01-01" in (request.header("anthropic-beta") or "").split(",")
    assert request.header("anthropic-version") == "2026-10-21", "the version that the client speaks"
    management.call("DELETE", f"/api/providers/{account['id']}")
    post(http, "anthropic", f"{prefixes['openai']}/loose", ANTHROPIC.replace("brand_new_block", "text"), **headers)
    assert not upstream.requests.last("loose").header("anthropic-beta")


def test_the_headers_of_the_provider_are_not_passed_on_blindly(
    http: httpx.Client, dialect: str, management: Management, prefixes: dict[str, str], upstream: ScriptedUpstream
) -> None:
    said = ANSWERS[dialect].replace("MODEL", "m").encode()
    odd = [("set-cookie", "a=b"), ("server", "vendor/1.0"), ("access-control-allow-origin", "*"), ("x-powered-by", "x")]
    model = upstream.script(f"headers-{dialect}", behaviours.raw(200, "application/json", said, odd))
    answer = post(http, dialect, f"{prefixes[dialect]}/{model}", REQUESTS[dialect][1])
    assert answer.status_code == 200
    assert not {"set-cookie", "x-powered-by", "access-control-allow-origin"} & set(answer.headers)
    assert answer.headers.get("server") != "vendor/1.0"
