"""The ollama SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import ollama

from ..conversation import Call, Question, Reply, Turn
from .base import BrokenStreamError, Client, Refusal


class OllamaClient(Client):
    dialect = "ollama"
    path = "/api/chat"
    status_errors = (ollama.ResponseError,)
    stream_errors = (ollama.ResponseError, BrokenStreamError)

    def __init__(self, origin: str, key: str = "sk-client") -> None:
        self._last: httpx.Response | None = None
        self.sdk = ollama.Client(
            host=origin,
            headers={"authorization": f"Bearer {key}"},
            timeout=30,
            event_hooks={"response": [self._remember]},
        )

    def _remember(self, response: httpx.Response) -> None:
        self._last = response

    def close(self) -> None:
        self.sdk._client.close()  # older versions have no close of their own

    def refusal(self, error: Any) -> Refusal:
        """The SDK's exception has the message only; the answer is the last one that arrived."""
        assert self._last is not None
        assert json.loads(self._last.text) == {"error": error.error}
        return Refusal(error, error.status_code, self._last.headers, self._last.text)

    def ask(self, model: str, question: Question, *, stream: bool) -> Reply:
        arguments = self.arguments(model, question)
        if not stream:
            return self.read([self.sdk.chat(**arguments)])
        return self.read(list(self.sdk.chat(**arguments, stream=True)))

    def text_pieces(self, model: str, question: Question) -> Iterator[str]:
        done = False
        for line in self.sdk.chat(**self.arguments(model, question), stream=True):
            if line.message.content:
                yield line.message.content
            done = line.done
        if not done:
            raise BrokenStreamError("no line says done")

    def arguments(self, model: str, question: Question) -> dict[str, Any]:
        options: dict[str, Any] = {"num_predict": question.max_tokens}
        if question.stop:
            options["stop"] = list(question.stop)
        messages = [message for turn in question.turns for message in self.messages(turn)]
        if question.system is not None:
            messages.insert(0, {"role": "system", "content": question.system})
        out: dict[str, Any] = {"model": model, "messages": messages, "options": options}
        if question.tools:
            out["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
                }
                for tool in question.tools
            ]
        if question.schema:
            out["format"] = question.schema
        if question.think:
            out["think"] = True
        return {**out, **question.extra}

    @staticmethod
    def messages(turn: Turn) -> list[Any]:
        if turn.said:
            calls = [call for line in turn.said.raw for call in line.message.tool_calls or []]
            return [ollama.Message(role="assistant", content=turn.said.text, tool_calls=calls or None)]
        out: list[Any] = []
        for result in turn.results:
            text = f"Error: {result.text}" if result.is_error else result.text
            out.append({"role": "tool", "tool_name": result.call.name, "content": text})
        message: dict[str, Any] = {"role": turn.role, "content": turn.text}
        if turn.thinking:
            message["thinking"] = turn.thinking[0]
        if images := [*turn.images, *(result.image for result in turn.results if result.image)]:
            message["images"] = images
        if turn.calls:
            message["tool_calls"] = [{"function": {"name": call.name, "arguments": call.input}} for call in turn.calls]
        assert not turn.documents, "Ollama takes no documents"
        if len(message) > 2 or turn.text:
            out.append(message)
        return out

    @staticmethod
    def read(lines: list[ollama.ChatResponse]) -> Reply:
        assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True], "exactly one final line"
        last = lines[-1]
        reply = Reply(model=last.model, raw=lines)
        for line in lines:
            assert line.model == last.model
            reply.text += line.message.content or ""
            reply.thinking += line.message.thinking or ""
            for call in line.message.tool_calls or []:
                reply.calls.append(Call(call.function.name, dict(call.function.arguments)))
        reply.stop = {"stop": "tools" if reply.calls else "end", "length": "length"}[last.done_reason]
        reply.prompt_tokens, reply.output_tokens = last.prompt_eval_count, last.eval_count
        assert last.total_duration
        assert last.eval_duration
        return reply
