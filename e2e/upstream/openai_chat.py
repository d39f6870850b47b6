"""OpenAI Chat Completions: the documented bytes of answers and errors."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Text, Thinking, ToolUse, Usage, cut
from .record import Recorded

CREATED = 1755000000
FINGERPRINT = "fp_44709d6fcb"

STOPS = {"end": "stop", "tools": "tool_calls", "length": "length", "stop_sequence": "stop", "refusal": "content_filter"}

STREAM_TYPE = "text/event-stream; charset=utf-8"
CONTENT_MARK = b'"delta":{"content":"'

HEADERS = [
    ("x-request-id", "req_5f1d7f1f3f7b4f0e"),
    ("openai-processing-ms", "231"),
    ("openai-version", "2020-10-01"),
    ("x-ratelimit-limit-requests", "10000"),
    ("x-ratelimit-remaining-requests", "9999"),
]

ERRORS: dict[int, tuple[str, str, str | None]] = {
    400: ("Invalid 'messages': expected at least one message.", "invalid_request_error", "invalid_value"),
    401: (
        "Incorrect API key provided: sk-wrong****1234. You can find your API key at the dashboard.",
        "invalid_request_error",
        "invalid_api_key",
    ),
    402: ("Payment required: add a payment method.", "billing_error", "payment_required"),
    403: ("You are not allowed to sample from this model", "invalid_request_error", "model_forbidden"),
    404: (
        "The model `gpt-nothing` does not exist or you do not have access to it.",
        "invalid_request_error",
        "model_not_found",
    ),
    408: ("Request timed out.", "server_error", None),
    413: ("Request body too large.", "invalid_request_error", None),
    422: ("Unprocessable request.", "invalid_request_error", None),
    429: ("Rate limit reached for requests. Limit: 3 / min. Please try again soon.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request. Sorry about that!", "server_error", None),
    502: ("Bad gateway.", "server_error", None),
    503: ("The engine is currently overloaded, please try again later.", "server_error", None),
    504: ("Gateway timeout.", "server_error", None),
    529: ("Overloaded.", "server_error", None),
}


def _usage(usage: Usage) -> dict[str, Any]:
    prompt_details: dict[str, int] = {"cached_tokens": usage.cache_read, "audio_tokens": 0}
    if usage.cache_write:
        prompt_details["cache_write_tokens"] = usage.cache_write
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.output,
        "total_tokens": usage.prompt + usage.output,
        "prompt_tokens_details": prompt_details,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _arguments(tool: ToolUse) -> str:
    return json.dumps(tool.input, separators=(",", ":"), ensure_ascii=False)


def whole(answer: Answer, request: Recorded) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None, "annotations": []}
    thinking = "".join(block.text for block in answer.blocks if isinstance(block, Thinking))
    if thinking:
        message["reasoning_content"] = thinking
    tools = [block for block in answer.blocks if isinstance(block, ToolUse)]
    if tools:
        message["tool_calls"] = [
            {"id": tool.id, "type": "function", "function": {"name": tool.name, "arguments": _arguments(tool)}}
            for tool in tools
        ]
    body = {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": CREATED,
        "model": f"{request.model}-2026-08-01",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": STOPS[answer.stop]}],
        "usage": _usage(answer.usage),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }
    return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


def _event(model: str, choices: list[dict[str, Any]], usage: Any = None, *, with_usage: bool) -> bytes:
    chunk: dict[str, Any] = {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": f"{model}-2026-08-01",
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
        "choices": choices,
    }
    if with_usage:
        chunk["usage"] = usage
    chunk["obfuscation"] = "K3s9aQ"
    return b"data: " + json.dumps(chunk, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"


def events(answer: Answer, request: Recorded) -> list[bytes]:
    """The SSE events of a streamed answer, one per element, `[DONE]` included."""
    model = request.model or ""
    with_usage = bool((request.json.get("stream_options") or {}).get("include_usage")) or not request.wants_stream

    def delta(content: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": content, "logprobs": None, "finish_reason": finish}
        return _event(model, [choice], with_usage=with_usage)

    out = [delta({"role": "assistant", "content": "", "refusal": None})]
    slot = 0
    for block in answer.blocks:
        match block:
            case Thinking(text):
                out += [delta({"reasoning_content": piece}) for piece in cut(text, answer.pieces)]
            case Text(text):
                out += [delta({"content": piece}) for piece in cut(text, answer.pieces)]
            case ToolUse():
                call = {
                    "index": slot,
                    "id": block.id,
                    "type": "function",
                    "function": {"name": block.name, "arguments": ""},
                }
                out.append(delta({"tool_calls": [call]}))
                out += [
                    delta({"tool_calls": [{"index": slot, "function": {"arguments": piece}}]})
                    for piece in cut(_arguments(block), answer.pieces)
                ]
                slot += 1
    out.append(delta({}, STOPS[answer.stop]))
    if with_usage:
        out.append(_event(model, [], _usage(answer.usage), with_usage=True))
    out.append(b"data: [DONE]\n\n")
    return out


def error(status: int, message: str | None = None) -> bytes:
    text, kind, code = ERRORS.get(status, ("Something failed.", "server_error", None))
    body = {"error": {"message": message or text, "type": kind, "param": None, "code": code}}
    return json.dumps(body, indent=4).encode() + b"\n"


def error_event(message: str) -> bytes:
    body = {"error": {"message": message, "type": "server_error", "param": None, "code": "server_error"}}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def models() -> bytes:
    data = [
        {"id": name, "object": "model", "created": CREATED, "owned_by": "stand-in"} for name in ("text", "tool", "json")
    ]
    return json.dumps({"object": "list", "data": data}).encode()
