"""The requests and answers of the measurements."""

from __future__ import annotations

import json
import random
from typing import Any

ANSWER = (
    '{"id":"chatcmpl-bench","object":"chat.completion","created":1755000000,"model":"bench","choices":[{"index":0,'
    '"message":{"role":"assistant","content":"Hello! How can I help?"},"finish_reason":"stop"}],'
    '"usage":{"prompt_tokens":10,"completion_tokens":9,"total_tokens":19}}'
)
ANTHROPIC_ANSWER = (
    '{"id":"msg_bench","type":"message","role":"assistant","model":"bench","content":[{"type":"text",'
    '"text":"Hello! How can I help you today?"}],"stop_reason":"end_turn","stop_sequence":null,'
    '"usage":{"input_tokens":10,"output_tokens":9}}'
)
DELTAS = 50


def openai_stream() -> str:
    """Fifty deltas, about 8.7 KB."""

    def event(delta: dict[str, Any], finish: str | None, **more: Any) -> str:
        chunk = {
            "id": "cmpl-1",
            "object": "chat.completion.chunk",
            "created": 1755000000,
            "model": "bench",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            **more,
        }
        return "data: " + json.dumps(chunk, separators=(",", ":")) + "\n\n"

    events = [event({"role": "assistant", "content": ""}, None)]
    events += [event({"content": f" word{n:02d}"}, None) for n in range(DELTAS)]
    usage = {"prompt_tokens": 10, "completion_tokens": DELTAS, "total_tokens": 10 + DELTAS}
    events.append(event({}, "stop", usage=usage))
    return "".join(events) + "data: [DONE]\n\n"


def anthropic_stream() -> str:
    def event(name: str, **fields: Any) -> str:
        return f"event: {name}\ndata: " + json.dumps({"type": name, **fields}, separators=(",", ":")) + "\n\n"

    message = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 1},
    }
    events = [event("message_start", message=message)]
    events.append(event("content_block_start", index=0, content_block={"type": "text", "text": ""}))
    events += [
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": f" word{n:02d}"})
        for n in range(DELTAS)
    ]
    events.append(event("content_block_stop", index=0))
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    events.append(event("message_delta", delta=end, usage={"output_tokens": DELTAS}))
    events.append(event("message_stop"))
    return "".join(events)


def small(model: str, **more: Any) -> bytes:
    """A chat request of about 200 bytes, in the form that both dialects share."""
    body = {
        "model": model,
        "messages": [
            {
                "role": "user",
                "content": "Say hello to the readers of this benchmark, in one sentence and without any other word.",
            }
        ],
        "max_tokens": 100,
        **more,
    }
    return json.dumps(body).encode()


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


def agent(model: str, dialect: str) -> bytes:
    """A coding agent's request: 40 tools, a long system prompt, a history of tool calls and results; 200 KB."""
    source = random.Random(7)
    tools = [(f"tool_{index}", _words(source, 60), _schema(source)) for index in range(TOOLS)]
    system = _words(source, 2500)
    turns = [(f"call_{index}", _words(source, 20), _words(source, 550)) for index in range(30)]
    build = _agent_openai if dialect == "openai" else _agent_anthropic
    body = build(system, tools, turns)
    missing = TARGET - len(json.dumps(body))
    padding = source.randbytes(max(0, missing) // 2).hex()
    final = {"role": "user", "content": f"Go on. Context: {padding}"}
    body["messages"].append(final)
    return json.dumps({"model": model, **body}).encode()


def _agent_openai(system: str, tools: list[Any], turns: list[Any]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": system},
        {"role": "user", "content": "Fix the bug."},
    ]
    for number, said, found in turns:
        arguments = json.dumps({"argument_0": said, "argument_1": 7})
        call = {"id": number, "type": "function", "function": {"name": "tool_3", "arguments": arguments}}
        messages.append({"role": "assistant", "content": said, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": number, "content": found})
    functions = [{"name": name, "description": text, "parameters": schema} for name, text, schema in tools]
    return {
        "messages": messages,
        "tools": [{"type": "function", "function": function} for function in functions],
        "max_tokens": 4096,
    }


def _agent_anthropic(system: str, tools: list[Any], turns: list[Any]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Fix the bug."}]
    for number, said, found in turns:
        call = {"type": "tool_use", "id": number, "name": "tool_3", "input": {"argument_0": said, "argument_1": 7}}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": said}, call]})
        result = {"type": "tool_result", "tool_use_id": number, "content": [{"type": "text", "text": found}]}
        messages.append({"role": "user", "content": [result]})
    return {
        "system": [{"type": "text", "text": system}],
        "messages": messages,
        "tools": [{"name": name, "description": text, "input_schema": schema} for name, text, schema in tools],
        "max_tokens": 4096,
    }
