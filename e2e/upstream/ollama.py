"""Ollama's own API: the documented bytes of answers and errors."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Text, Thinking, ToolUse, cut
from .record import Recorded

STREAM_TYPE = "application/x-ndjson"
CONTENT_MARK = b'"content"'

HEADERS: list[tuple[str, str]] = [("date", "Sat, 01 Aug 2026 10:00:00 GMT")]

STOPS = {"end": "stop", "tools": "stop", "length": "length", "stop_sequence": "stop", "refusal": "stop"}

ERRORS = {
    400: "messages is required",
    401: "unauthorized",
    402: "payment required",
    403: "forbidden",
    404: 'model "nothing" not found, try pulling it first',
    408: "request timed out",
    413: "request body too large",
    422: "unprocessable request",
    429: "too many requests",
    500: "llama runner process has terminated: exit status 2",
    502: "bad gateway",
    503: "server busy, please try again. maximum pending requests exceeded",
    504: "gateway timeout",
    529: "overloaded",
}

CREATED = "2026-08-01T10:00:00.123456789Z"


def _line(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Go's encoder, which Ollama uses, escapes what some readers take for the end of a line.
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode() + b"\n"


def _figures(answer: Answer) -> dict[str, Any]:
    """Ollama counts what it has evaluated; it knows neither a cache nor what was only thought."""
    return {
        "done": True,
        "done_reason": STOPS[answer.stop],
        "total_duration": 4883583458,
        "load_duration": 1334875,
        "prompt_eval_count": answer.usage.prompt,
        "prompt_eval_duration": 342546000,
        "eval_count": answer.usage.output,
        "eval_duration": 4535599000,
    }


def _calls(answer: Answer) -> list[dict[str, Any]]:
    """Every call says index 0, as older servers do."""
    calls = [block for block in answer.blocks if isinstance(block, ToolUse)]
    return [{"function": {"index": 0, "name": call.name, "arguments": call.input}} for call in calls]


def _thinking(answer: Answer, request: Recorded) -> str:
    if request.json.get("think") is False:
        return ""
    return "".join(block.text for block in answer.blocks if isinstance(block, Thinking))


def whole(answer: Answer, request: Recorded) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if thinking := _thinking(answer, request):
        message["thinking"] = thinking
    if calls := _calls(answer):
        message["tool_calls"] = calls
    return _line({"model": request.model, "created_at": CREATED, "message": message, **_figures(answer)})


def events(answer: Answer, request: Recorded) -> list[bytes]:
    """The lines of a streamed answer, one per element."""

    def line(**message: Any) -> bytes:
        said = {"role": "assistant", "content": "", **message}
        return _line({"model": request.model, "created_at": CREATED, "message": said, "done": False})

    out: list[bytes] = []
    for block in answer.blocks:
        match block:
            case Thinking(text) if _thinking(answer, request):
                out += [line(thinking=piece) for piece in cut(text, answer.pieces)]
            case Text(text):
                out += [line(content=piece) for piece in cut(text, answer.pieces)]
    out += [line(tool_calls=[call]) for call in _calls(answer)]
    final = {"model": request.model, "created_at": CREATED, "message": {"role": "assistant", "content": ""}}
    return [*out, _line({**final, **_figures(answer)})]


def error(status: int, message: str | None = None) -> bytes:
    return json.dumps({"error": message or ERRORS.get(status, "something failed")}).encode()


def error_event(message: str) -> bytes:
    return _line({"error": message})


def models() -> bytes:
    details = {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "8.0B",
        "quantization_level": "Q4_K_M",
    }
    listed = [
        {
            "name": f"{name}:latest",
            "model": f"{name}:latest",
            "modified_at": "2026-08-01T10:00:00Z",
            "size": 4683087332,
            "digest": "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1",
            "details": details,
        }
        for name in ("text", "tool", "thinking")
    ]
    return json.dumps({"models": listed}).encode()
