"""The openai SDK, Chat Completions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai

from ..conversation import Call, Question, Reply, Turn
from .base import Client


class OpenAIClient(Client):
    """The openai SDK as a client of the gateway (or of anything else)."""

    dialect = "openai"
    path = "/v1/chat/completions"
    exceptions = openai
    status_errors = (openai.APIStatusError,)
    stream_errors = (openai.APIError,)
    stops = {"stop": "end", "tool_calls": "tools", "length": "length", "content_filter": "refusal"}

    def __init__(self, origin: str, key: str = "sk-client", *, path: str = "/v1") -> None:
        self.sdk = openai.OpenAI(base_url=origin + path, api_key=key, max_retries=0, timeout=30)

    def close(self) -> None:
        self.sdk.close()

    def ask(self, model: str, question: Question, *, stream: bool) -> Reply:
        arguments = self.arguments(model, question)
        if not stream:
            return self._read(self.sdk.chat.completions.create(**arguments))
        with self.sdk.chat.completions.create(
            **arguments, stream=True, stream_options={"include_usage": True}
        ) as chunks:
            return self._collect(chunks)

    def text_pieces(self, model: str, question: Question) -> Iterator[str]:
        with self.sdk.chat.completions.create(**self.arguments(model, question), stream=True) as chunks:
            for chunk in chunks:
                if chunk.choices and chunk.choices[0].delta.content:
                    yield chunk.choices[0].delta.content

    def arguments(self, model: str, question: Question) -> dict[str, Any]:
        messages: list[dict[str, Any]] = []
        if question.system is not None:
            messages.append({"role": "system", "content": question.system})
        for turn in question.turns:
            messages += self._messages(turn)
        out: dict[str, Any] = {"model": model, "messages": messages, "max_completion_tokens": question.max_tokens}
        if question.tools:
            out["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
                }
                for tool in question.tools
            ]
        if question.choice in {"auto", "none", "required"}:
            out["tool_choice"] = question.choice
        elif question.choice:
            out["tool_choice"] = {"type": "function", "function": {"name": question.choice}}
        if question.parallel is not None:
            out["parallel_tool_calls"] = question.parallel
        if question.stop:
            out["stop"] = list(question.stop)
        if question.schema:
            schema = {"name": "output", "schema": question.schema, "strict": True}
            out["response_format"] = {"type": "json_schema", "json_schema": schema}
        if question.think:
            out["reasoning_effort"] = "medium"
        return {**out, **question.extra}

    @staticmethod
    def _messages(turn: Turn) -> list[dict[str, Any]]:
        if turn.said:
            return [turn.said.raw]
        if turn.role == "assistant":
            message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
            if turn.thinking:
                message["reasoning_content"] = turn.thinking[0]
            if turn.calls:
                message["tool_calls"] = [
                    {
                        "id": call.id,
                        "type": "function",
                        "function": {"name": call.name, "arguments": json.dumps(call.input, ensure_ascii=False)},
                    }
                    for call in turn.calls
                ]
            return [message]
        out: list[dict[str, Any]] = []
        for result in turn.results:
            text = f"Error: {result.text}" if result.is_error else result.text
            out.append({"role": "tool", "tool_call_id": result.call.id, "content": text})
        parts: list[dict[str, Any]] = []
        images = [*turn.images, *(result.image for result in turn.results if result.image)]
        if turn.text:
            parts.append({"type": "text", "text": turn.text})
        for image in images:
            parts.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}})
        for document in turn.documents:
            file = {"filename": "paper.pdf", "file_data": f"data:application/pdf;base64,{document}"}
            parts.append({"type": "file", "file": file})
        if parts:
            content = turn.text if len(parts) == 1 and turn.text else parts
            out.append({"role": "user", "content": content})
        return out

    def _read(self, answer: Any) -> Reply:
        choice = answer.choices[0]
        reply = Reply(text=choice.message.content or "", model=answer.model, id=answer.id)
        reply.raw = choice.message.model_dump(exclude_none=True)
        reply.thinking = getattr(choice.message, "reasoning_content", None) or ""
        for call in choice.message.tool_calls or []:
            reply.calls.append(Call(call.function.name, json.loads(call.function.arguments), call.id))
        reply.stop = self.stops[choice.finish_reason]
        self._refused(reply, choice.message.refusal)
        self._usage(reply, answer.usage)
        return reply

    def _collect(self, chunks: Any) -> Reply:
        """Puts a streamed message together the way agents do: text is joined, lists are extended."""
        reply = Reply()
        refusal = ""
        details: list[dict[str, Any]] = []
        calls: dict[int, dict[str, Any]] = {}
        for chunk in chunks:
            reply.model, reply.id = chunk.model, chunk.id
            if chunk.usage:
                self._usage(reply, chunk.usage)
            for choice in chunk.choices:
                reply.text += choice.delta.content or ""
                reply.thinking += getattr(choice.delta, "reasoning_content", None) or ""
                refusal += choice.delta.refusal or ""
                details += getattr(choice.delta, "reasoning_details", None) or []
                for part in choice.delta.tool_calls or []:
                    call = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "arguments": ""})
                    call["arguments"] += part.function.arguments or ""
                if choice.finish_reason:
                    assert reply.stop is None, "two finish reasons in one stream"
                    reply.stop = self.stops[choice.finish_reason]
        reply.calls = [Call(call["name"], json.loads(call["arguments"]), call["id"]) for call in calls.values()]
        self._refused(reply, refusal)
        reply.raw = {"role": "assistant", "content": reply.text, "reasoning_details": details}
        if calls:
            reply.raw["tool_calls"] = [
                {
                    "id": call["id"],
                    "type": "function",
                    "function": {"name": call["name"], "arguments": call["arguments"]},
                }
                for call in calls.values()
            ]
        return reply

    @staticmethod
    def _refused(reply: Reply, refusal: str | None) -> None:
        if refusal:
            reply.text += refusal
            reply.stop = "refusal"

    @staticmethod
    def _usage(reply: Reply, usage: Any) -> None:
        reply.prompt_tokens, reply.output_tokens = usage.prompt_tokens, usage.completion_tokens
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        if usage.prompt_tokens_details:
            reply.cached_tokens = usage.prompt_tokens_details.cached_tokens
        if usage.completion_tokens_details:
            reply.reasoning_tokens = usage.completion_tokens_details.reasoning_tokens
