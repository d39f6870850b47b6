"""The anthropic SDK."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import anthropic

from ..conversation import Call, Question, Reply, Turn
from .base import Client


class AnthropicClient(Client):
    """The anthropic SDK as a client of the gateway (or of anything else)."""

    dialect = "anthropic"
    path = "/v1/messages"
    exceptions = anthropic
    status_errors = (anthropic.APIStatusError,)
    stream_errors = (anthropic.APIError,)
    stops = {
        "end_turn": "end",
        "tool_use": "tools",
        "max_tokens": "length",
        "stop_sequence": "stop_sequence",
        "refusal": "refusal",
    }

    def __init__(self, origin: str, key: str = "sk-client") -> None:
        self.sdk = anthropic.Anthropic(base_url=origin, api_key=key, max_retries=0, timeout=30)

    def close(self) -> None:
        self.sdk.close()

    def ask(self, model: str, question: Question, *, stream: bool) -> Reply:
        arguments = self.arguments(model, question)
        if not stream:
            return self._read(self.sdk.messages.create(**arguments))
        details = None
        with self.sdk.messages.stream(**arguments) as events:
            for event in events:
                if event.type == "message_delta":
                    details = event.usage.to_dict().get("output_tokens_details")
            reply = self._read(events.get_final_message())
        # Older generations of the SDK leave fields that they do not know out of the message they put together.
        if reply.reasoning_tokens is None and details:
            reply.reasoning_tokens = details.get("thinking_tokens")
        return reply

    def text_pieces(self, model: str, question: Question) -> Iterator[str]:
        with self.sdk.messages.stream(**self.arguments(model, question)) as events:
            yield from events.text_stream

    def arguments(self, model: str, question: Question) -> dict[str, Any]:
        out: dict[str, Any] = {
            "model": model,
            "max_tokens": question.max_tokens,
            "messages": [self._message(turn) for turn in question.turns],
        }
        if question.system is not None:
            out["system"] = question.system
        if question.tools:
            out["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
                for tool in question.tools
            ]
        choice: dict[str, Any] = {}
        if question.choice in {"auto", "none"}:
            choice = {"type": question.choice}
        elif question.choice == "required":
            choice = {"type": "any"}
        elif question.choice:
            choice = {"type": "tool", "name": question.choice}
        if question.parallel is not None:
            choice = {"type": "auto", **choice, "disable_parallel_tool_use": not question.parallel}
        if choice:
            out["tool_choice"] = choice
        if question.stop:
            out["stop_sequences"] = list(question.stop)
        if question.schema:
            wanted = {"output_config": {"format": {"type": "json_schema", "schema": question.schema}}}
            knows = "output_config" in inspect.signature(self.sdk.messages.create).parameters
            out.update(wanted if knows else {"extra_body": wanted})
        if question.think:
            out["thinking"] = {"type": "enabled", "budget_tokens": 2048}
        return {**out, **question.extra}

    @staticmethod
    def _message(turn: Turn) -> dict[str, Any]:
        if turn.said:
            return {"role": "assistant", "content": turn.said.raw.content}
        blocks: list[dict[str, Any]] = []
        if turn.thinking:
            blocks.append({"type": "thinking", "thinking": turn.thinking[0], "signature": turn.thinking[1]})
        for result in turn.results:
            content: Any = result.text
            if result.image:
                source = {"type": "base64", "media_type": "image/png", "data": result.image}
                content = [{"type": "text", "text": result.text}, {"type": "image", "source": source}]
            block = {"type": "tool_result", "tool_use_id": result.call.id, "content": content}
            blocks.append({**block, "is_error": True} if result.is_error else block)
        if turn.text:
            blocks.append({"type": "text", "text": turn.text})
        for image in turn.images:
            blocks.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}})
        for document in turn.documents:
            source = {"type": "base64", "media_type": "application/pdf", "data": document}
            blocks.append({"type": "document", "source": source, "title": "paper.pdf"})
        for call in turn.calls:
            blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": call.input})
        return {"role": turn.role, "content": blocks}

    def _read(self, message: Any) -> Reply:
        reply = Reply(model=message.model, id=message.id, raw=message)
        for block in message.content:
            match block.type:
                case "text":
                    reply.text += block.text
                case "thinking":
                    reply.thinking += block.thinking
                    reply.signature = block.signature
                case "tool_use":
                    reply.calls.append(Call(block.name, block.input, block.id))
        reply.stop = self.stops[message.stop_reason]
        usage = message.usage
        reply.cached_tokens = usage.cache_read_input_tokens or 0
        reply.prompt_tokens = usage.input_tokens + reply.cached_tokens + (usage.cache_creation_input_tokens or 0)
        reply.output_tokens = usage.output_tokens
        # Older generations of the SDK do not know this field and hand it on as it came.
        details = usage.to_dict().get("output_tokens_details") or {}
        reply.reasoning_tokens = details.get("thinking_tokens")
        return reply
