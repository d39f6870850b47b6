"""One conversation, asked through either vendor's SDK, and the answer in one form."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+PgplbmRvYmoKdHJhaWxlcgo8PC9Sb290IDEgMCBSPj4K"


@dataclass(frozen=True)
class Tool:
    name: str
    schema: dict[str, Any]
    description: str = "Does what its name says."


@dataclass(frozen=True)
class Call:
    name: str
    input: dict[str, Any]
    id: str = ""


@dataclass(frozen=True)
class Result:
    """A tool's result in the conversation's history."""

    call: Call
    text: str
    image: str | None = None
    is_error: bool = False


@dataclass(frozen=True)
class Turn:
    """A turn of the history: the user's text with attachments, or the assistant's text, thinking and calls."""

    role: str
    text: str = ""
    images: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()
    thinking: tuple[str, str] | None = None
    """The text and its signature, exactly as an answer gave them."""


@dataclass(frozen=True)
class Question:
    turns: tuple[Turn, ...] = (Turn("user", "Hello"),)
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    choice: str | None = None
    """auto, none, required, or a tool's name."""
    parallel: bool | None = None
    max_tokens: int = 4096
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    think: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Reply:
    text: str = ""
    thinking: str = ""
    signature: str | None = None
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    """In the words of Answer.stop: end, tools, length, stop_sequence, refusal."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    model: str | None = None
    id: str | None = None
    raw: Any = None


class OpenAIClient:
    """The openai SDK as a client of the gateway (or of anything else)."""

    dialect = "openai"
    exceptions = openai
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
        reply = Reply(text=choice.message.content or "", model=answer.model, id=answer.id, raw=answer)
        reply.thinking = getattr(choice.message, "reasoning_content", None) or ""
        for call in choice.message.tool_calls or []:
            reply.calls.append(Call(call.function.name, json.loads(call.function.arguments), call.id))
        reply.stop = self.stops[choice.finish_reason]
        self._usage(reply, answer.usage)
        return reply

    def _collect(self, chunks: Any) -> Reply:
        reply = Reply()
        calls: dict[int, dict[str, Any]] = {}
        for chunk in chunks:
            reply.model, reply.id = chunk.model, chunk.id
            if chunk.usage:
                self._usage(reply, chunk.usage)
            for choice in chunk.choices:
                reply.text += choice.delta.content or ""
                reply.thinking += getattr(choice.delta, "reasoning_content", None) or ""
                for part in choice.delta.tool_calls or []:
                    call = calls.setdefault(part.index, {"id": part.id, "name": part.function.name, "arguments": ""})
                    call["arguments"] += part.function.arguments or ""
                if choice.finish_reason:
                    assert reply.stop is None, "two finish reasons in one stream"
                    reply.stop = self.stops[choice.finish_reason]
        reply.calls = [Call(call["name"], json.loads(call["arguments"]), call["id"]) for call in calls.values()]
        return reply

    @staticmethod
    def _usage(reply: Reply, usage: Any) -> None:
        reply.prompt_tokens, reply.output_tokens = usage.prompt_tokens, usage.completion_tokens
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        if usage.prompt_tokens_details:
            reply.cached_tokens = usage.prompt_tokens_details.cached_tokens
        if usage.completion_tokens_details:
            reply.reasoning_tokens = usage.completion_tokens_details.reasoning_tokens


class AnthropicClient:
    """The anthropic SDK as a client of the gateway (or of anything else)."""

    dialect = "anthropic"
    exceptions = anthropic
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


Client = OpenAIClient | AnthropicClient
CLIENTS: dict[str, type[OpenAIClient] | type[AnthropicClient]] = {"openai": OpenAIClient, "anthropic": AnthropicClient}
