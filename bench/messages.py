"""The requests and answers of the measurements."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import dialects
from .dialects import Dialect

ANSWER = (
    '{"id":"chatcmpl-bench","object":"chat.completion","created":1755000000,"model":"bench","choices":[{"index":0,'
    '"message":{"role":"assistant","content":"Hello! How can I help?"},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19}}'
)


QUESTION = "Say hello to the readers of this benchmark, in one sentence and without any other word."


def small(model: str, dialect: Dialect = dialects.CHAT, **more: Any) -> bytes:
    """A request of about 200 bytes."""
    asked: dict[str, Any] = {"model": model, "messages": [_user(QUESTION)]}
    if dialect is dialects.RESPONSES:
        asked = {"model": model, "input": QUESTION}
    elif dialect is dialects.GEMINI:
        asked = {"contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}
    elif dialect is not dialects.OLLAMA:
        asked["max_tokens"] = 100
    return json.dumps({**asked, **more}).encode()


TOOLS = 40
TARGET = 200_000


def _words(source: random.Random, count: int) -> str:
    vocabulary = (
        "file path line error value test module build state queue buffer stream index token range cache".split()
    )
    return " ".join(source.choice(vocabulary) for _ in range(count))


def _schema(source: random.Random) -> dict[str, Any]:
    properties = {}
    for index in range(8):
        kind = source.choice(["string", "integer", "boolean", "array"])
        schema: dict[str, Any] = {"type": kind, "description": _words(source, 12)}
        if kind == "array":
            schema["items"] = {
                "type": "object",
                "properties": {"path": {"type": "string"}, "line": {"type": "integer"}},
            }
        properties[f"argument_{index}"] = schema
    return {"type": "object", "properties": properties, "required": ["argument_0"]}


@dataclass(frozen=True)
class _Agent:
    """What a coding agent has to say, whatever the dialect."""

    system: str
    tools: list[tuple[str, str, dict[str, Any]]]
    turns: list[tuple[str, str, str]]
    """Of each step the call's id, the text before the call, and the result."""


def _arguments(said: str) -> dict[str, Any]:
    return {"argument_0": said, "argument_1": 7}


def agent(model: str, dialect: Dialect, **more: Any) -> bytes:
    """A coding agent's request: 40 tools, a long system prompt, a history of tool calls and results; 200 KB."""
    source = random.Random(7)
    tools = [(f"tool_{index}", _words(source, 60), _schema(source)) for index in range(TOOLS)]
    system = _words(source, 2500)
    turns = [(f"call_{index}", _words(source, 20), _words(source, 550)) for index in range(30)]
    history, say, rest = _AGENTS[dialect.name](_Agent(system, tools, turns))
    missing = TARGET - len(json.dumps([history, rest]))
    padding = source.randbytes(max(0, missing) // 2).hex()
    history[next(iter(history))].append(say(f"Go on. Context: {padding}"))
    asked = {} if dialect is dialects.GEMINI else {"model": model}
    return json.dumps({**asked, **history, **rest, **more}).encode()


_Written = tuple[dict[str, list[Any]], Callable[[str], Any], dict[str, Any]]
"""The member with the history, what a user's turn looks like in it, and the other members."""


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _functions(agent: _Agent) -> list[dict[str, Any]]:
    return [{"name": name, "description": text, "parameters": schema} for name, text, schema in agent.tools]


def _chat(agent: _Agent) -> _Written:
    messages: list[dict[str, Any]] = [{"role": "system", "content": agent.system}, _user("Fix the bug.")]
    for number, said, found in agent.turns:
        function = {"name": "tool_3", "arguments": json.dumps(_arguments(said))}
        call = {"id": number, "type": "function", "function": function}
        messages.append({"role": "assistant", "content": said, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": number, "content": found})
    tools = [{"type": "function", "function": function} for function in _functions(agent)]
    return {"messages": messages}, _user, {"tools": tools, "max_tokens": 4096}


def _responses(agent: _Agent) -> _Written:
    items: list[dict[str, Any]] = [_user("Fix the bug.")]
    for number, said, found in agent.turns:
        part = {"type": "output_text", "text": said, "annotations": []}
        items.append({"type": "message", "role": "assistant", "content": [part]})
        call = {"call_id": number, "name": "tool_3", "arguments": json.dumps(_arguments(said))}
        items.append({"type": "function_call", **call})
        items.append({"type": "function_call_output", "call_id": number, "output": found})
    tools = [{"type": "function", "strict": False, **function} for function in _functions(agent)]
    rest = {"instructions": agent.system, "tools": tools, "max_output_tokens": 4096, "store": False}
    return {"input": items}, _user, rest


def _messages(agent: _Agent) -> _Written:
    messages: list[dict[str, Any]] = [_user("Fix the bug.")]
    for number, said, found in agent.turns:
        call = {"type": "tool_use", "id": number, "name": "tool_3", "input": _arguments(said)}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": said}, call]})
        result = {"type": "tool_result", "tool_use_id": number, "content": [{"type": "text", "text": found}]}
        messages.append({"role": "user", "content": [result]})
    tools = [{"name": name, "description": text, "input_schema": schema} for name, text, schema in agent.tools]
    system = [{"type": "text", "text": agent.system}]
    return {"messages": messages}, _user, {"system": system, "tools": tools, "max_tokens": 4096}


def _gemini(agent: _Agent) -> _Written:
    def say(text: str) -> dict[str, Any]:
        return {"role": "user", "parts": [{"text": text}]}

    contents: list[dict[str, Any]] = [say("Fix the bug.")]
    for _, said, found in agent.turns:
        call = {"functionCall": {"name": "tool_3", "args": _arguments(said)}}
        contents.append({"role": "model", "parts": [{"text": said}, call]})
        result = {"functionResponse": {"name": "tool_3", "response": {"output": found}}}
        contents.append({"role": "user", "parts": [result]})
    rest = {
        "systemInstruction": {"parts": [{"text": agent.system}]},
        "tools": [{"functionDeclarations": [_upper(function) for function in _functions(agent)]}],
        "generationConfig": {"maxOutputTokens": 4096},
    }
    return {"contents": contents}, say, rest


def _upper(value: Any) -> Any:
    """Schemas with the names of types that Gemini's SDKs write."""
    if isinstance(value, list):
        return [_upper(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item.upper() if key == "type" and isinstance(item, str) else _upper(item) for key, item in value.items()
    }


def _ollama(agent: _Agent) -> _Written:
    messages: list[dict[str, Any]] = [{"role": "system", "content": agent.system}, _user("Fix the bug.")]
    for _, said, found in agent.turns:
        call = {"function": {"name": "tool_3", "arguments": _arguments(said)}}
        messages.append({"role": "assistant", "content": said, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_name": "tool_3", "content": found})
    tools = [{"type": "function", "function": function} for function in _functions(agent)]
    return {"messages": messages}, _user, {"tools": tools, "options": {"num_predict": 4096}}


_AGENTS: dict[str, Callable[[_Agent], _Written]] = {
    dialects.CHAT.name: _chat,
    dialects.RESPONSES.name: _responses,
    dialects.MESSAGES.name: _messages,
    dialects.GEMINI.name: _gemini,
    dialects.OLLAMA.name: _ollama,
}
