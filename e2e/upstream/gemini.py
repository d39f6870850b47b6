"""Google's Gemini API: the documented bytes of answers and errors."""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Text, Thinking, ToolUse, Usage, cut, thought_signature_of
from .record import Recorded

STREAM_TYPE = "text/event-stream"
CONTENT_MARK = b'"text"'

HEADERS = [("vary", "Origin"), ("x-content-type-options", "nosniff"), ("server-timing", "gfet4t7; dur=812")]

STOPS = {"end": "STOP", "tools": "STOP", "length": "MAX_TOKENS", "stop_sequence": "STOP", "refusal": "SAFETY"}

ERRORS: dict[int, tuple[str, str]] = {
    400: ("* GenerateContentRequest.contents: contents is not specified", "INVALID_ARGUMENT"),
    401: ("Request had invalid authentication credentials.", "UNAUTHENTICATED"),
    402: ("Billing account not configured.", "FAILED_PRECONDITION"),
    403: ("Method doesn't allow unregistered callers.", "PERMISSION_DENIED"),
    404: ("models/nothing is not found for API version v1beta.", "NOT_FOUND"),
    408: ("Deadline exceeded.", "DEADLINE_EXCEEDED"),
    413: ("Request payload size exceeds the limit: 20971520 bytes.", "INVALID_ARGUMENT"),
    422: ("Unprocessable request.", "INVALID_ARGUMENT"),
    429: ("You exceeded your current quota, please check your plan and billing details.", "RESOURCE_EXHAUSTED"),
    500: ("An internal error has occurred. Please retry.", "INTERNAL"),
    502: ("Bad gateway.", "UNAVAILABLE"),
    503: ("The model is overloaded. Please try again later.", "UNAVAILABLE"),
    504: ("The request timed out. Please try again.", "DEADLINE_EXCEEDED"),
    529: ("Overloaded.", "UNAVAILABLE"),
}

RESPONSE_ID = "mAitaLmkHPPlz7IPvtfUqQ4"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _usage(usage: Usage) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "totalTokenCount": usage.prompt + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.prompt}],
    }
    if usage.cache_read:
        counts["cachedContentTokenCount"] = usage.cache_read
        counts["cacheTokensDetails"] = [{"modality": "TEXT", "tokenCount": usage.cache_read}]
    if usage.reasoning:
        counts["thoughtsTokenCount"] = usage.reasoning
    return counts


def _shows_thoughts(request: Recorded) -> bool:
    """Asked in either spelling of protocol buffers in JSON."""
    config = request.json.get("generationConfig") or request.json.get("generation_config") or {}
    thinking = config.get("thinkingConfig") or config.get("thinking_config") or {}
    return bool(thinking.get("includeThoughts") or thinking.get("include_thoughts"))


def _parts(answer: Answer, request: Recorded, pieces: int) -> list[dict[str, Any]]:
    """The parts in order; a thought is signed on the first call after it, or on the last part of a text."""
    thinks = any(isinstance(block, Thinking) for block in answer.blocks)
    calls = [block for block in answer.blocks if isinstance(block, ToolUse)]
    out: list[dict[str, Any]] = []
    for block in answer.blocks:
        match block:
            case Thinking(text) if _shows_thoughts(request):
                out += [{"text": piece, "thought": True} for piece in cut(text, pieces)]
            case Text(text):
                out += [{"text": piece} for piece in cut(text, pieces)]
            case ToolUse():
                part: dict[str, Any] = {"functionCall": {"name": block.name, "args": block.input}}
                if thinks and block is calls[0]:
                    part["thoughtSignature"] = thought_signature_of(block)
                out.append(part)
    if thinks and not calls:
        if pieces == 1:
            out[-1]["thoughtSignature"] = thought_signature_of(None)
        else:
            out.append({"text": "", "thoughtSignature": thought_signature_of(None)})
    return out


def _response(parts: list[dict[str, Any]], request: Recorded, usage: dict[str, Any], finish: str | None) -> str:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if not parts:
        del candidate["content"]
    if finish:
        candidate["finishReason"] = finish
    body = {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": f"{request.model}-001",
        "responseId": RESPONSE_ID,
    }
    return _dump(body)


def whole(answer: Answer, request: Recorded) -> bytes:
    body = _response(_parts(answer, request, 1), request, _usage(answer.usage), STOPS[answer.stop])
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode() + b"\n"


def _chunks(answer: Answer, request: Recorded) -> list[str]:
    """The last chunk has content and finish reason in one, as often with Gemini."""
    parts = _parts(answer, request, answer.pieces)
    usage = _usage(answer.usage)
    early = {"promptTokenCount": answer.usage.prompt, "totalTokenCount": answer.usage.prompt}
    out = [_response([part], request, early, None) for part in parts[:-1]]
    return [*out, _response(parts[-1:], request, usage, STOPS[answer.stop])]


def events(answer: Answer, request: Recorded) -> list[bytes]:
    """The pieces of a streamed answer: SSE events with `alt=sse`, the elements of a JSON array without."""
    chunks = _chunks(answer, request)
    if request.query.get("alt") == "sse" or not request.wants_stream:
        return [f"data: {chunk}\r\n\r\n".encode() for chunk in chunks]
    return [f"{'[' if index == 0 else ','}{chunk}\n".encode() for index, chunk in enumerate(chunks)] + [b"]"]


def error(status: int, message: str | None = None, retry_after: str | None = None) -> bytes:
    text, name = ERRORS.get(status, ("Something failed.", "UNKNOWN"))
    body: dict[str, Any] = {"code": status, "message": message or text, "status": name}
    if retry_after:
        hint = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_after}s"}
        body["details"] = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": []}, hint]
    return json.dumps({"error": body}, indent=2).encode() + b"\n"


def error_event(message: str) -> bytes:
    body = {"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}}
    return f"data: {_dump(body)}\r\n\r\n".encode()


def model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.title(),
        "description": "A scripted model.",
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": True,
    }


def models() -> bytes:
    return _dump({"models": [model(name) for name in ("text", "tool", "thinking")]}).encode()
