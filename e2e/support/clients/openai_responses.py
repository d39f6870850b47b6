"""The openai SDK, Responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai

from ..conversation import Call, Question, Reply, Turn
from .base import BrokenStreamError, Client


class ResponsesClient(Client):
    dialect = "responses"
    path = "/v1/responses"
    exceptions = openai
    status_errors = (openai.APIStatusError,)
    stream_errors = (openai.APIError, BrokenStreamError)

    def __init__(self, origin: str, key: str = "sk-client") -> None:
        self.sdk = openai.OpenAI(base_url=f"{origin}/v1", api_key=key, max_retries=0, timeout=30)

    def close(self) -> None:
        self.sdk.close()

    def ask(self, model: str, question: Question, *, stream: bool) -> Reply:
        arguments = self.arguments(model, question)
        if not stream:
            return self.read(self.sdk.responses.create(**arguments))
        return self.read(self.collect(arguments))

    def collect(self, arguments: dict[str, Any]) -> Any:
        """The response that a stream ends with, which must say the same as the events before it."""
        done: dict[int, Any] = {}
        final = None
        with self.sdk.responses.create(**arguments, stream=True) as events:
            for number, event in enumerate(events):
                assert event.sequence_number == number, "every event has the next number"
                assert final is None, "nothing follows the final response"
                if event.type == "response.output_item.done":
                    assert event.output_index not in done
                    done[event.output_index] = event.item
                final = self._final(event)
        if final is None:
            raise BrokenStreamError("no final response")
        assert [item.to_dict() for item in final.output] == [done[index].to_dict() for index in sorted(done)]
        return final

    @staticmethod
    def _final(event: Any) -> Any:
        if event.type in {"error", "response.failed"}:
            raise BrokenStreamError(str(event))
        return event.response if event.type in {"response.completed", "response.incomplete"} else None

    def text_pieces(self, model: str, question: Question) -> Iterator[str]:
        final = None
        with self.sdk.responses.create(**self.arguments(model, question), stream=True) as events:
            for event in events:
                if event.type == "response.output_text.delta":
                    yield event.delta
                final = self._final(event)
        if final is None:
            raise BrokenStreamError("no final response")

    def arguments(self, model: str, question: Question) -> dict[str, Any]:
        items = [item for turn in question.turns for item in self.items(turn)]
        out: dict[str, Any] = {"model": model, "input": items, "max_output_tokens": question.max_tokens, "store": False}
        if question.system is not None:
            out["instructions"] = question.system
        if question.tools:
            out["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.schema,
                    "strict": False,
                }
                for tool in question.tools
            ]
        if question.choice in {"auto", "none", "required"}:
            out["tool_choice"] = question.choice
        elif question.choice:
            out["tool_choice"] = {"type": "function", "name": question.choice}
        if question.parallel is not None:
            out["parallel_tool_calls"] = question.parallel
        assert not question.stop, "Responses has no stop sequences"
        if question.schema:
            out["text"] = {
                "format": {"type": "json_schema", "name": "output", "schema": question.schema, "strict": True}
            }
        if question.think:
            out["reasoning"] = {"effort": "medium", "summary": "auto"}
            out["include"] = ["reasoning.encrypted_content"]
        return {**out, **question.extra}

    @staticmethod
    def items(turn: Turn) -> list[dict[str, Any]]:
        if turn.said:
            return [item.to_dict() for item in turn.said.raw.output]
        out: list[dict[str, Any]] = []
        if turn.thinking:
            summary = [{"type": "summary_text", "text": turn.thinking[0]}]
            item = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": turn.thinking[1]}
            out.append(item)
        for result in turn.results:
            output: Any = f"Error: {result.text}" if result.is_error else result.text
            if result.image:
                image = {"type": "input_image", "image_url": f"data:image/png;base64,{result.image}", "detail": "auto"}
                output = [{"type": "input_text", "text": output}, image]
            out.append({"type": "function_call_output", "call_id": result.call.id, "output": output})
        kind = "output_text" if turn.role == "assistant" else "input_text"
        parts: list[dict[str, Any]] = [{"type": kind, "text": turn.text}] if turn.text else []
        for image in turn.images:
            parts.append({"type": "input_image", "image_url": f"data:image/png;base64,{image}", "detail": "auto"})
        for document in turn.documents:
            data = f"data:application/pdf;base64,{document}"
            parts.append({"type": "input_file", "filename": "paper.pdf", "file_data": data})
        if parts:
            out.append({"type": "message", "role": turn.role, "content": parts})
        for call in turn.calls:
            arguments = json.dumps(call.input, ensure_ascii=False)
            out.append({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments})
        return out

    @staticmethod
    def read(response: Any) -> Reply:
        reply = Reply(model=response.model, id=response.id, raw=response)
        reply.stop = "end" if response.status == "completed" else response.status
        for item in response.output:
            match item.type:
                case "reasoning":
                    reply.thinking += "\n\n".join(part.text for part in item.summary)
                    reply.signature = item.encrypted_content
                case "message":
                    for part in item.content:
                        reply.text += part.text if part.type == "output_text" else part.refusal
                        reply.stop = "refusal" if part.type == "refusal" else reply.stop
                case "function_call":
                    reply.calls.append(Call(item.name, json.loads(item.arguments), item.call_id))
                    reply.stop = "tools"
        if response.status == "incomplete":
            reasons = {"max_output_tokens": "length", "content_filter": "refusal"}
            reply.stop = reasons[response.incomplete_details.reason]
        usage = response.usage
        reply.prompt_tokens, reply.output_tokens = usage.input_tokens, usage.output_tokens
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens
        reply.cached_tokens = usage.input_tokens_details.cached_tokens
        reply.reasoning_tokens = usage.output_tokens_details.reasoning_tokens
        return reply
