"""Requests and streams of every dialect as bytes, for what no SDK would send or show."""

from __future__ import annotations

import json
from typing import Any

HEADERS = {"anthropic": {"anthropic-version": "2023-06-01"}}


def request(dialect: str, model: str, *, text: str = "Hello", stream: bool = False) -> tuple[str, dict[str, Any]]:
    """The path and the body of a question; in Gemini's both the model and the wish for a stream are in the path."""
    messages = [{"role": "user", "content": text}]
    match dialect:
        case "gemini":
            action = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return f"/v1beta/models/{model}:{action}", {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        case "responses":
            return "/v1/responses", {"model": model, "input": text, "stream": stream}
        case "anthropic":
            return "/v1/messages", {"model": model, "messages": messages, "max_tokens": 100, "stream": stream}
        case "ollama":
            return "/api/chat", {"model": model, "messages": messages, "stream": stream}
    return "/v1/chat/completions", {"model": model, "messages": messages, "stream": stream}


def pieces(dialect: str, stream: str) -> list[dict[str, Any]]:
    """The JSON of a stream's events or lines, in order."""
    if dialect == "ollama":
        return [json.loads(line) for line in stream.split("\n") if line]
    return [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]


CLEAN_ENDS: dict[str, tuple[str, ...]] = {
    "openai": ('"finish_reason":"stop"', '"finish_reason": "stop"', '"finish_reason":"length"'),
    "responses": ("response.completed", "response.incomplete"),
    "anthropic": ('"message_stop"', '"stop_reason":"end_turn"', '"stop_reason": "end_turn"'),
    "gemini": ('"finishReason"',),
    "ollama": ('"done":true', '"done": true'),
}
"""What only a whole answer has in its stream."""


def error_of(dialect: str, piece: dict[str, Any]) -> str:
    """The message of the piece that ends a failed stream; it must be as the dialect has it."""
    match dialect:
        case "ollama":
            assert {"error"} <= set(piece) <= {"error", "retryable", "reason"}
            return piece["error"]
        case "responses":
            assert piece["type"] == "response.failed"
            assert piece["response"]["status"] == "failed"
            assert piece["response"]["error"]["code"]
            return piece["response"]["error"]["message"]
        case "anthropic":
            assert piece["type"] == "error"
            assert piece["error"]["type"]
        case "gemini":
            assert set(piece) == {"error"}
            assert piece["error"]["code"] >= 400
            assert piece["error"]["status"]
        case "openai":
            assert {"message", "type", "param", "code"} <= set(piece["error"])
    return piece["error"]["message"]


def error_in_body(dialect: str, status: int, body: dict[str, Any]) -> str:
    """The message of an error answer; its form must be the dialect's."""
    match dialect:
        case "ollama":
            assert isinstance(body["error"], str)
            return body["error"]
        case "gemini":
            assert body["error"]["code"] == status
            assert body["error"]["status"].isupper()
        case "anthropic":
            assert body["type"] == "error"
            assert {"type", "message"} <= set(body["error"])
            assert body["request_id"].startswith("req_")
        case _:
            assert {"message", "type", "param", "code"} <= set(body["error"])
    return body["error"]["message"]


def text_of(dialect: str, said: list[dict[str, Any]]) -> str:
    """The visible text of a stream's pieces."""
    out = ""
    for piece in said:
        match dialect:
            case "openai":
                out += "".join(choice["delta"].get("content") or "" for choice in piece.get("choices", []))
            case "responses" if piece["type"] == "response.output_text.delta":
                out += piece["delta"]
            case "anthropic" if piece["type"] == "content_block_delta":
                out += piece["delta"].get("text", "")
            case "gemini":
                for candidate in piece.get("candidates", []):
                    parts = candidate.get("content", {}).get("parts", [])
                    out += "".join(part.get("text", "") for part in parts if not part.get("thought"))
            case "ollama":
                out += piece.get("message", {}).get("content", "")
    return out
