"""What OpenAI Chat Completions refuses."""

from __future__ import annotations

import json
import re

from ..record import Recorded
from .refusal import TOOL_NAME, Body, need

FIELDS = frozenset(
    """model messages stream stream_options max_completion_tokens max_tokens temperature top_p presence_penalty
    frequency_penalty seed logit_bias n logprobs top_logprobs stop response_format tools tool_choice parallel_tool_calls
    reasoning_effort verbosity modalities audio prediction web_search_options service_tier store metadata user
    safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options moderation functions
    function_call""".split()
)


def check(request: Recorded) -> None:
    need(request.header("authorization"), "You didn't provide an API key.", 401)
    body: Body = request.json
    unknown = sorted(set(body) - FIELDS)
    need(not unknown, f"Unrecognized request argument supplied: {', '.join(unknown)}")
    need(isinstance(body.get("model"), str), "you must provide a model parameter")
    messages = body.get("messages")
    need(isinstance(messages, list) and messages, "Invalid 'messages': empty array.")
    need("stream_options" not in body or body.get("stream"), "'stream_options' is only allowed when 'stream' is true.")
    need(
        not {"max_tokens", "max_completion_tokens"} <= set(body),
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    )
    stop = body.get("stop")
    need(stop is None or isinstance(stop, str) or 1 <= len(stop) <= 4, "Invalid 'stop': array too long.")
    _tools(body)
    _messages(messages)


def _tools(body: Body) -> None:
    tools = body.get("tools")
    if tools is None:
        need("tool_choice" not in body, "'tool_choice' is only allowed when 'tools' are specified.")
        need("parallel_tool_calls" not in body, "'parallel_tool_calls' is only allowed when 'tools' are specified.")
        return
    need(tools, "Invalid 'tools': empty array.")
    names = set()
    for index, tool in enumerate(tools):
        need(tool.get("type") == "function", f"Invalid value for tools[{index}].type")
        function = tool.get("function", {})
        need(TOOL_NAME.fullmatch(function.get("name", "")), f"Invalid 'tools[{index}].function.name'")
        need(set(function) <= {"name", "description", "parameters", "strict"}, f"Unknown field in tools[{index}]")
        parameters = function.get("parameters", {"type": "object"})
        need(parameters.get("type") == "object", f"Invalid schema for function '{function['name']}'")
        names.add(function["name"])
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        need(choice["function"]["name"] in names, "Tool choice names a function that is not in 'tools'.")
    else:
        need(choice in (None, "none", "auto", "required"), f"Invalid value: '{choice}' for tool_choice")


def _messages(messages: list[Body]) -> None:
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        where = f"messages[{index}]"
        if role == "tool":
            need(
                message.get("tool_call_id") in waiting,
                f"Invalid parameter: role 'tool' must be a response to a preceding 'tool_calls' ({where})",
            )
            waiting.remove(message["tool_call_id"])
            need(isinstance(message.get("content"), str | list), f"Invalid type for '{where}.content'")
            continue
        need(
            not waiting,
            f"An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. These did not have response messages: {', '.join(waiting)}",
        )
        need(role in {"system", "developer", "user", "assistant"}, f"Invalid value: '{role}' ({where}.role)")
        _content(message, where)
        for call in message.get("tool_calls") or []:
            need(role == "assistant", f"'tool_calls' in a {role} message")
            need(call.get("id") and call.get("type") == "function", f"Missing parameter in {where}.tool_calls")
            function = call["function"]
            need(TOOL_NAME.fullmatch(function["name"]), f"Invalid '{where}.tool_calls.function.name'")
            need(isinstance(function["arguments"], str), f"Invalid type for '{where}.tool_calls.function.arguments'")
            json.loads(function["arguments"])
            waiting.append(call["id"])
    need(not waiting, f"These tool calls did not have response messages: {', '.join(waiting)}")


def _content(message: Body, where: str) -> None:
    content = message.get("content")
    if message["role"] == "assistant" and content is None:
        need(message.get("tool_calls") or message.get("refusal"), f"Invalid value for '{where}.content': null")
        return
    if isinstance(content, str):
        return
    need(isinstance(content, list) and content, f"Invalid type for '{where}.content'")
    allowed = {"user": {"text", "image_url", "input_audio", "file"}, "assistant": {"text", "refusal"}}
    for part in content:
        kind = part.get("type")
        need(kind in allowed.get(message["role"], {"text"}), f"Invalid value: '{kind}' ({where}.content)")
        if kind == "image_url":
            need(re.match(r"data:image/|https?://", part["image_url"]["url"]), f"Invalid image url in {where}")
        if kind == "file":
            file = part["file"]
            need("file_id" in file or {"file_data", "filename"} <= set(file), f"Missing parameter in {where} file")
            need(file.get("file_data", "data:").startswith("data:"), f"Invalid file_data in {where}")
