"""OpenAI Responses: the documented bytes of answers and errors."""

from __future__ import annotations

import itertools
import json
from typing import Any

from . import openai_chat
from .answers import Answer, Text, Thinking, ToolUse, Usage, cut, encrypted_of
from .record import Recorded

HEADERS = openai_chat.HEADERS
ERRORS = openai_chat.ERRORS
error = openai_chat.error
models = openai_chat.models

STREAM_TYPE = "text/event-stream; charset=utf-8"
CONTENT_MARK = b'"response.output_text.delta"'

_numbers = itertools.count(1)


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.output,
    }


class _Stream:
    """The events of one answer, numbered."""

    def __init__(self, answer: Answer, request: Recorded) -> None:
        self.answer = answer
        self.body = request.json
        self.account = request.credential or ""
        self.events: list[dict[str, Any]] = []
        self.output: list[dict[str, Any]] = []
        self.number = f"{next(_numbers):048x}"
        self.response = self._opening(request.model or "")

    def _opening(self, model: str) -> dict[str, Any]:
        asked = self.body
        return {
            "id": f"resp_{self.number}",
            "object": "response",
            "created_at": openai_chat.CREATED,
            "status": "in_progress",
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.get("instructions"),
            "max_output_tokens": asked.get("max_output_tokens"),
            "max_tool_calls": None,
            "model": f"{model}-2026-08-01",
            "output": [],
            "parallel_tool_calls": asked.get("parallel_tool_calls", True),
            "previous_response_id": asked.get("previous_response_id"),
            "prompt_cache_key": asked.get("prompt_cache_key"),
            "reasoning": {"effort": None, "summary": None, **self._object("reasoning")},
            "safety_identifier": None,
            "service_tier": "default",
            "store": asked.get("store", True),
            "temperature": asked.get("temperature", 1.0),
            "text": {"format": {"type": "text"}, "verbosity": "medium", **self._object("text")},
            "tool_choice": asked.get("tool_choice", "auto"),
            "tools": asked.get("tools") or [],
            "top_logprobs": 0,
            "top_p": asked.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": None,
            "user": None,
            "metadata": asked.get("metadata") or {},
        }

    def _object(self, name: str) -> dict[str, Any]:
        """A member of the request; behaviours that check nothing may find anything there."""
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}

    def emit(self, kind: str, **fields: Any) -> None:
        self.events.append({"type": f"response.{kind}", "sequence_number": len(self.events), **fields})

    def run(self) -> list[dict[str, Any]]:
        self.emit("created", response=dict(self.response))
        self.emit("in_progress", response=dict(self.response))
        for index, block in enumerate(self.answer.blocks):
            match block:
                case Thinking():
                    self._reasoning(index, block)
                case Text(text):
                    self._message(index, text)
                case ToolUse():
                    self._call(index, block)
        cut_short = self.answer.stop == "length"
        self.response |= {
            "status": "incomplete" if cut_short else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if cut_short else None,
            "output": self.output,
            "usage": _usage(self.answer.usage),
        }
        self.emit(self.response["status"], response=self.response)
        return self.events

    def _done(self, index: int, item: dict[str, Any]) -> None:
        self.output.append(item)
        self.emit("output_item.done", output_index=index, item=item)

    def _reasoning(self, index: int, block: Thinking) -> None:
        """The summary is shown, and the encrypted form given, to those who asked for it."""
        item: dict[str, Any] = {"id": f"rs_{self.number}{index}", "type": "reasoning", "summary": []}
        self.emit("output_item.added", output_index=index, item=dict(item))
        if self._object("reasoning").get("summary"):
            place = {"item_id": item["id"], "output_index": index, "summary_index": 0}
            part = {"type": "summary_text", "text": block.text}
            self.emit("reasoning_summary_part.added", **place, part={**part, "text": ""})
            for piece in cut(block.text, self.answer.pieces):
                self.emit("reasoning_summary_text.delta", **place, delta=piece, obfuscation="x1")
            self.emit("reasoning_summary_text.done", **place, text=block.text)
            self.emit("reasoning_summary_part.done", **place, part=part)
            item["summary"] = [part]
        if "reasoning.encrypted_content" in (self.body.get("include") or []):
            item["encrypted_content"] = encrypted_of(block.text, self.account)
        self._done(index, item)

    def _message(self, index: int, text: str) -> None:
        refuses = self.answer.stop == "refusal"
        item = {"id": f"msg_{self.number}{index}", "type": "message", "status": "in_progress", "content": []}
        item["role"] = "assistant"
        place = {"item_id": item["id"], "output_index": index, "content_index": 0}
        kind, field = ("refusal", "refusal") if refuses else ("output_text", "text")
        more: dict[str, Any] = {} if refuses else {"annotations": [], "logprobs": []}
        also: dict[str, Any] = {} if refuses else {"logprobs": []}
        self.emit("output_item.added", output_index=index, item=dict(item))
        self.emit("content_part.added", **place, part={"type": kind, **more, field: ""})
        for piece in cut(text, self.answer.pieces):
            self.emit(f"{kind}.delta", **place, delta=piece, **also, obfuscation="hR3")
        self.emit(f"{kind}.done", **place, **{field: text}, **also)
        part = {"type": kind, **more, field: text}
        self.emit("content_part.done", **place, part=part)
        status = "incomplete" if self.answer.stop == "length" else "completed"
        self._done(index, {**item, "status": status, "content": [part]})

    def _call(self, index: int, block: ToolUse) -> None:
        arguments = json.dumps(block.input, separators=(",", ":"), ensure_ascii=False)
        item = {
            "id": f"fc_{self.number}{index}",
            "type": "function_call",
            "status": "in_progress",
            "arguments": "",
            "call_id": block.id,
            "name": block.name,
        }
        place = {"item_id": item["id"], "output_index": index}
        self.emit("output_item.added", output_index=index, item=dict(item))
        for piece in cut(arguments, self.answer.pieces):
            self.emit("function_call_arguments.delta", **place, delta=piece, obfuscation="u8s0")
        self.emit("function_call_arguments.done", **place, arguments=arguments)
        self._done(index, {**item, "status": "completed", "arguments": arguments})


def _frame(event: dict[str, Any]) -> bytes:
    data = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    return f"event: {event['type']}\ndata: {data}\n\n".encode()


def events(answer: Answer, request: Recorded) -> list[bytes]:
    """The SSE events of a streamed answer, one per element."""
    return [_frame(event) for event in _Stream(answer, request).run()]


def whole(answer: Answer, request: Recorded) -> bytes:
    final = _Stream(answer, request).run()[-1]["response"]
    return json.dumps(final, indent=2, ensure_ascii=False).encode() + b"\n"


def error_event(message: str) -> bytes:
    fault = {"code": "server_error", "message": message, "param": None}
    response = {
        "id": "resp_failed",
        "object": "response",
        "created_at": openai_chat.CREATED,
        "status": "failed",
        "error": {"code": "server_error", "message": message},
        "incomplete_details": None,
        "model": "failed",
        "output": [],
        "usage": None,
    }
    flat = {"type": "error", "sequence_number": 90, **fault}
    return _frame(flat) + _frame({"type": "response.failed", "sequence_number": 91, "response": response})
