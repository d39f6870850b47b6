"""The five dialects: where their calls go, and how they write an answer of 2 KB, whole and as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WORDS = 50
"""Deltas of a usual stream."""
LONG = 500
"""Deltas of a stream that shows what a delta costs: beside so many the request hardly counts."""
SAID = " ".join(f"Line {number} of the file sets a value that no other part reads." for number in range(28))
ARGUMENTS = {"argument_0": "Sources/Module/File.swift", "argument_1": 7}
CREATED = 1755000000
OLLAMA_TIME = "2025-08-12T12:00:00.123456789Z"


@dataclass(frozen=True)
class Dialect:
    """What the measurements need to know of a dialect."""

    name: str
    path: str
    """The path of a call; Gemini's names the model and whether a stream is wanted."""
    prefix: str
    """Of the model's name: which provider of the gateway speaks the dialect."""
    stream_type: str
    whole: Callable[[], str]
    stream: Callable[[int], str]

    def call(self, model: str, *, stream: bool = False) -> str:
        action = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return self.path.format(model=model, action=action)


def _word(number: int) -> str:
    return f" word{number % 100:02d}"


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _event(data: dict[str, Any], *, named: bool = False) -> str:
    return (f"event: {data['type']}\n" if named else "") + f"data: {_dump(data)}\n\n"


# OpenAI Chat


def _chat_whole() -> str:
    function = {"name": "tool_3", "arguments": json.dumps(ARGUMENTS)}
    calls = [{"id": "call_bench", "type": "function", "function": function}]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": SAID, "tool_calls": calls},
        "logprobs": None,
        "finish_reason": "tool_calls",
    }
    usage = {"prompt_tokens": 50_000, "completion_tokens": 500, "total_tokens": 50_500}
    head = {"id": "chatcmpl-bench", "object": "chat.completion", "created": CREATED, "model": "bench"}
    return _dump({**head, "choices": [choice], "usage": usage})


def _chat_stream(words: int) -> str:
    head = {"id": "cmpl-1", "object": "chat.completion.chunk", "created": CREATED, "model": "bench"}

    def event(delta: dict[str, Any], finish: str | None, **more: Any) -> str:
        return _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})

    events = [event({"role": "assistant", "content": ""}, None)]
    events += [event({"content": _word(number)}, None) for number in range(words)]
    events.append(
        event({}, "stop", usage={"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 10 + words})
    )
    return "".join(events) + "data: [DONE]\n\n"


# OpenAI Responses


def _response(status: str, output: list[Any], usage: Any) -> dict[str, Any]:
    return {
        "id": "resp_bench",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "bench",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
        "metadata": {},
    }


def _response_message(text: str, status: str = "completed") -> dict[str, Any]:
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    content = [] if status == "in_progress" else [part]
    return {"id": "msg_bench", "type": "message", "status": status, "content": content, "role": "assistant"}


def _response_usage(given: int, made: int) -> dict[str, Any]:
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + made,
    }


def _responses_whole() -> str:
    call = {
        "id": "fc_bench",
        "type": "function_call",
        "status": "completed",
        "arguments": json.dumps(ARGUMENTS),
        "call_id": "call_bench",
        "name": "tool_3",
    }
    return _dump(_response("completed", [_response_message(SAID), call], _response_usage(50_000, 500)))


def _responses_stream(words: int) -> str:
    events: list[dict[str, Any]] = []

    def emit(kind: str, **fields: Any) -> None:
        events.append({"type": f"response.{kind}", "sequence_number": len(events), **fields})

    text = "".join(_word(number) for number in range(words))
    place = {"item_id": "msg_bench", "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    emit("created", response=_response("in_progress", [], None))
    emit("in_progress", response=_response("in_progress", [], None))
    emit("output_item.added", output_index=0, item=_response_message("", "in_progress"))
    emit("content_part.added", **place, part=part)
    for number in range(words):
        emit("output_text.delta", **place, delta=_word(number), logprobs=[], obfuscation="hR3xQ9")
    emit("output_text.done", **place, text=text, logprobs=[])
    emit("content_part.done", **place, part={**part, "text": text})
    emit("output_item.done", output_index=0, item=_response_message(text))
    emit("completed", response=_response("completed", [_response_message(text)], _response_usage(10, words)))
    return "".join(_event(event, named=True) for event in events)


# Anthropic Messages


def _message(content: list[Any], reason: str | None, usage: dict[str, int]) -> dict[str, Any]:
    head = {"id": "msg_bench", "type": "message", "role": "assistant", "model": "bench", "content": content}
    return {**head, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def _messages_whole() -> str:
    call = {"type": "tool_use", "id": "toolu_bench", "name": "tool_3", "input": ARGUMENTS}
    usage = {"input_tokens": 50_000, "output_tokens": 500}
    return _dump(_message([{"type": "text", "text": SAID}, call], "tool_use", usage))


def _messages_stream(words: int) -> str:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": _message([], None, {"input_tokens": 10, "output_tokens": 1})},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    for number in range(words):
        delta = {"type": "text_delta", "text": _word(number)}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append({"type": "content_block_stop", "index": 0})
    events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": words}})
    events.append({"type": "message_stop"})
    return "".join(_event(event, named=True) for event in events)


# Gemini


def _gemini_piece(parts: list[Any], finish: str | None, made: int, given: int = 10) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": given, "candidatesTokenCount": made, "totalTokenCount": given + made}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "bench", "responseId": "benchresponse"}


def _gemini_whole() -> str:
    call = {"functionCall": {"name": "tool_3", "args": ARGUMENTS}}
    return _dump(_gemini_piece([{"text": SAID}, call], "STOP", 500, 50_000))


def _gemini_stream(words: int) -> str:
    ends = [None] * (words - 1) + ["STOP"]
    pieces = [_gemini_piece([{"text": _word(number)}], end, number + 1) for number, end in enumerate(ends)]
    return "".join(_event(piece) for piece in pieces)


# Ollama


def _ollama_line(message: dict[str, Any], **more: Any) -> str:
    said = {"role": "assistant", "content": "", **message}
    return _dump({"model": "bench", "created_at": OLLAMA_TIME, "message": said, "done": False, **more})


def _ollama_end(given: int, made: int) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": 4883583458,
        "load_duration": 1334875,
        "prompt_eval_count": given,
        "prompt_eval_duration": 342546000,
        "eval_count": made,
        "eval_duration": 4535599000,
    }


def _ollama_whole() -> str:
    calls = [{"function": {"name": "tool_3", "arguments": ARGUMENTS}}]
    return _ollama_line({"content": SAID, "tool_calls": calls}, **_ollama_end(50_000, 500))


def _ollama_stream(words: int) -> str:
    lines = [_ollama_line({"content": _word(number)}) for number in range(words)]
    lines.append(_ollama_line({}, **_ollama_end(10, words)))
    return "\n".join(lines) + "\n"


EVENTS = "text/event-stream"
CHAT = Dialect("OpenAI", "/v1/chat/completions", "chat", EVENTS, _chat_whole, _chat_stream)
RESPONSES = Dialect("Responses", "/v1/responses", "responses", EVENTS, _responses_whole, _responses_stream)
MESSAGES = Dialect("Anthropic", "/v1/messages", "messages", EVENTS, _messages_whole, _messages_stream)
GEMINI = Dialect("Gemini", "/v1beta/models/{model}:{action}", "gemini", EVENTS, _gemini_whole, _gemini_stream)
OLLAMA = Dialect("Ollama", "/api/chat", "ollama", "application/x-ndjson", _ollama_whole, _ollama_stream)

ALL = (CHAT, RESPONSES, MESSAGES, GEMINI, OLLAMA)
PAIRS = [(client, upstream) for client in ALL for upstream in ALL if client is not upstream]
