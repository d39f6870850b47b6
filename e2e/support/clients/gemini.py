"""The google-genai SDK."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
from google import genai
from google.genai import errors, types

from ..conversation import Call, Question, Reply, Turn
from .base import BrokenStreamError, Client, Refusal


class GeminiClient(Client):
    dialect = "gemini"
    path = "/v1beta/models/{model}:generateContent"
    status_errors = (errors.APIError,)
    stream_errors = (errors.APIError, BrokenStreamError)

    def __init__(self, origin: str, key: str = "sk-client") -> None:
        self._http = httpx.Client(timeout=30)
        options = types.HttpOptions(base_url=origin, timeout=30_000, httpx_client=self._http)
        self.sdk = genai.Client(api_key=key, vertexai=False, http_options=options)

    def close(self) -> None:
        self.sdk.close()
        self._http.close()

    def refusal(self, error: Any) -> Refusal:
        return Refusal(error, error.code, error.response.headers, error.response.text)

    def ask(self, model: str, question: Question, *, stream: bool) -> Reply:
        arguments = self.arguments(model, question)
        if not stream:
            return self.read([self.sdk.models.generate_content(**arguments)])
        return self.read(list(self.sdk.models.generate_content_stream(**arguments)))

    def text_pieces(self, model: str, question: Question) -> Iterator[str]:
        finish = None
        for chunk in self.sdk.models.generate_content_stream(**self.arguments(model, question)):
            if chunk.text:
                yield chunk.text
            finish = chunk.candidates[0].finish_reason if chunk.candidates else finish
        if finish is None:
            raise BrokenStreamError("no finish reason")

    def arguments(self, model: str, question: Question) -> dict[str, Any]:
        config: dict[str, Any] = {"max_output_tokens": question.max_tokens}
        if question.system is not None:
            config["system_instruction"] = question.system
        if question.tools:
            declarations = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.schema
                )
                for tool in question.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declarations)]
        if question.choice:
            mode = {"auto": "AUTO", "none": "NONE", "required": "ANY"}.get(question.choice, "ANY")
            named = [] if question.choice in {"auto", "none", "required"} else [question.choice]
            calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=named or None)
            config["tool_config"] = types.ToolConfig(function_calling_config=calling)
        if question.stop:
            config["stop_sequences"] = list(question.stop)
        if question.schema:
            config |= {"response_mime_type": "application/json", "response_json_schema": question.schema}
        if question.think:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
        config |= question.extra
        contents = [self.content(turn) for turn in question.turns]
        return {"model": model, "contents": contents, "config": types.GenerateContentConfig(**config)}

    @staticmethod
    def content(turn: Turn) -> types.Content:
        if turn.said:
            contents = [chunk.candidates[0].content for chunk in turn.said.raw]
            said = [part for content in contents if content for part in content.parts or []]
            return types.Content(role="model", parts=said)
        parts: list[types.Part] = []
        signature = base64.b64decode(turn.thinking[1]) if turn.thinking and turn.thinking[1] else None
        for result in turn.results:
            response = {"error" if result.is_error else "result": result.text}
            answer = types.FunctionResponse(id=result.call.id or None, name=result.call.name, response=response)
            parts.append(types.Part(function_response=answer))
        pictures = [*turn.images, *(result.image for result in turn.results if result.image)]
        if turn.text:
            parts.append(types.Part(text=turn.text, thought_signature=None if turn.calls else signature))
        for image in pictures:
            parts.append(types.Part.from_bytes(data=base64.b64decode(image), mime_type="image/png"))
        for document in turn.documents:
            parts.append(types.Part.from_bytes(data=base64.b64decode(document), mime_type="application/pdf"))
        for index, call in enumerate(turn.calls):
            function = types.FunctionCall(id=call.id or None, name=call.name, args=call.input)
            parts.append(types.Part(function_call=function, thought_signature=None if index else signature))
        return types.Content(role="model" if turn.role == "assistant" else "user", parts=parts)

    @staticmethod
    def read(chunks: list[types.GenerateContentResponse]) -> Reply:
        last = chunks[-1]
        reply = Reply(model=last.model_version, id=last.response_id, raw=chunks)
        finishes = []
        for chunk in chunks:
            assert chunk.response_id == last.response_id
            candidate = chunk.candidates[0]
            finishes += [candidate.finish_reason] if candidate.finish_reason else []
            for part in (candidate.content and candidate.content.parts) or []:
                if part.thought_signature:
                    reply.signature = base64.b64encode(part.thought_signature).decode()
                if part.function_call:
                    call = part.function_call
                    reply.calls.append(Call(call.name, call.args or {}, call.id or ""))
                elif part.thought:
                    reply.thinking += part.text or ""
                else:
                    reply.text += part.text or ""
        assert len(finishes) == 1, f"one finish reason, not {finishes}"
        assert chunks[-1].candidates[0].finish_reason, "in the last chunk"
        stops = {"STOP": "tools" if reply.calls else "end", "MAX_TOKENS": "length", "SAFETY": "refusal"}
        reply.stop = stops[finishes[0].value]
        usage = last.usage_metadata
        reasoning = usage.thoughts_token_count or 0
        reply.prompt_tokens = usage.prompt_token_count
        reply.output_tokens = (usage.candidates_token_count or 0) + reasoning
        assert usage.total_token_count == reply.prompt_tokens + reply.output_tokens
        reply.cached_tokens, reply.reasoning_tokens = usage.cached_content_token_count, usage.thoughts_token_count
        return reply
