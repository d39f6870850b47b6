"""Anthropic Messages: the documented bytes of answers and errors."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Text, Thinking, ToolUse, Usage, cut
from .record import Recorded

STOPS = {
    "end": "end_turn",
    "tools": "tool_use",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "refusal": "refusal",
}

STREAM_TYPE = "text/event-stream; charset=utf-8"
CONTENT_MARK = b'"text_delta"'

HEADERS = [
    ("request-id", "req_018EeWyXxfu5pfWkrYcMdjWG"),
    ("anthropic-organization-id", "9f3d3a6e-0000-4000-8000-1d2c3b4a5f6e"),
    ("anthropic-ratelimit-requests-limit", "4000"),
    ("anthropic-ratelimit-requests-remaining", "3999"),
]

ERRORS: dict[int, tuple[str, str]] = {
    400: ("messages: at least one message is required", "invalid_request_error"),
    401: ("invalid x-api-key", "authentication_error"),
    402: ("Your credit card was declined.", "billing_error"),
    403: ("Your API key does not have permission to use the specified resource.", "permission_error"),
    404: ("model: claude-nothing", "not_found_error"),
    408: ("Request timed out.", "timeout_error"),
    413: ("Request exceeds the maximum allowed number of bytes.", "request_too_large"),
    422: ("Unprocessable request.", "invalid_request_error"),
    429: ("This request would exceed your organization's rate limit of 50 requests per minute.", "rate_limit_error"),
    500: ("Internal server error", "api_error"),
    502: ("Bad gateway", "api_error"),
    503: ("Service unavailable", "api_error"),
    504: ("Timed out", "timeout_error"),
    529: ("Overloaded", "overloaded_error"),
}

MESSAGE_ID = "msg_01XFDUDYJgAACzvnptvVoYEL"


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _input_usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
    }


def _output_usage(usage: Usage) -> dict[str, Any]:
    counts: dict[str, Any] = {"output_tokens": usage.output}
    if usage.reasoning:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return counts


def _block(block: Text | Thinking | ToolUse) -> dict[str, Any]:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "thinking": text, "signature": block.signature}
        case ToolUse():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}


def whole(answer: Answer, request: Recorded) -> bytes:
    return _dump(
        {
            "model": f"{request.model}-20260801",
            "id": MESSAGE_ID,
            "type": "message",
            "role": "assistant",
            "content": [_block(block) for block in answer.blocks],
            "stop_reason": STOPS[answer.stop],
            "stop_sequence": answer.stop_sequence,
            "usage": {**_input_usage(answer.usage), **_output_usage(answer.usage), "service_tier": "standard"},
        }
    )


def event(name: str, **fields: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + _dump({"type": name, **fields}) + b"\n\n"


def _deltas(index: int, block: Text | Thinking | ToolUse, pieces: int) -> list[bytes]:
    def delta(**fields: Any) -> bytes:
        return event("content_block_delta", index=index, delta=fields)

    match block:
        case Text(text):
            start: dict[str, Any] = {"type": "text", "text": ""}
            deltas = [delta(type="text_delta", text=piece) for piece in cut(text, pieces)]
        case Thinking(text):
            start = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [delta(type="thinking_delta", thinking=piece) for piece in cut(text, pieces)]
            deltas.append(delta(type="signature_delta", signature=block.signature))
        case ToolUse():
            start = {"type": "tool_use", "id": block.id, "name": block.name, "input": {}}
            text = json.dumps(block.input, ensure_ascii=False) if block.input else ""
            deltas = [delta(type="input_json_delta", partial_json="")]
            deltas += [delta(type="input_json_delta", partial_json=piece) for piece in cut(text, pieces) if piece]
    return [
        event("content_block_start", index=index, content_block=start),
        *deltas,
        event("content_block_stop", index=index),
    ]


def events(answer: Answer, request: Recorded) -> list[bytes]:
    """The SSE events of a streamed answer, one per element."""
    message = {
        "model": f"{request.model}-20260801",
        "id": MESSAGE_ID,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**_input_usage(answer.usage), "output_tokens": 1, "service_tier": "standard"},
    }
    out = [event("message_start", message=message)]
    for index, block in enumerate(answer.blocks):
        out += _deltas(index, block, answer.pieces)
        if index == 0:
            out.insert(2, event("ping"))
    delta = {"stop_reason": STOPS[answer.stop], "stop_sequence": answer.stop_sequence}
    usage = {**_input_usage(answer.usage), **_output_usage(answer.usage)}
    usage.pop("cache_creation")
    out.append(event("message_delta", delta=delta, usage=usage))
    out.append(event("message_stop"))
    return out


def error(status: int, message: str | None = None, details: dict[str, Any] | None = None) -> bytes:
    text, kind = ERRORS.get(status, ("Something failed.", "api_error"))
    more = {"details": details} if details else {}
    return _dump(
        {
            "type": "error",
            "error": {"type": kind, "message": message or text, **more},
            "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
        }
    )


def error_event(message: str) -> bytes:
    return event("error", error={"type": "overloaded_error", "message": message})


def models() -> bytes:
    data = [
        {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-08-01T00:00:00Z"}
        for name in ("text", "tool", "thinking")
    ]
    return _dump({"data": data, "has_more": False, "first_id": "text", "last_id": "thinking"})
