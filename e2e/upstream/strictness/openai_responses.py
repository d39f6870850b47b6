"""What OpenAI Responses refuses."""

from __future__ import annotations

import json
import re
from typing import Any

from ..answers import is_encrypted_for
from ..record import Recorded
from .refusal import TOOL_NAME, Body, need

FIELDS = frozenset(
    """model input instructions stream stream_options background store max_output_tokens max_tool_calls temperature
    top_p top_logprobs truncation tools tool_choice parallel_tool_calls reasoning text include previous_response_id
    conversation prompt context_management metadata user safety_identifier prompt_cache_key prompt_cache_retention
    prompt_cache_options service_tier moderation""".split()
)

INCLUDES = {
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
}

EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
HOSTED = {"web_search", "web_search_2025_08_26", "web_search_preview", "file_search", "code_interpreter", "mcp"}
HOSTED |= {"image_generation", "local_shell", "shell", "apply_patch", "tool_search"}

ITEM_FIELDS = {
    "message": {"type", "role", "content", "id", "status", "phase"},
    "function_call": {"type", "call_id", "name", "arguments", "id", "namespace", "status"},
    "function_call_output": {"type", "call_id", "output", "id", "status", "name", "namespace"},
    "custom_tool_call": {"type", "call_id", "name", "input", "id", "namespace", "status"},
    "custom_tool_call_output": {"type", "call_id", "output", "id", "status"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content", "status"},
    "item_reference": {"type", "id"},
}

ID_PREFIXES = {"message": "msg", "function_call": "fc", "custom_tool_call": "ctc", "reasoning": "rs"}

PARTS = {
    "assistant": {"output_text": {"text", "annotations", "logprobs"}, "refusal": {"refusal"}},
    "user": {
        "input_text": {"text"},
        "input_image": {"image_url", "file_id", "detail"},
        "input_file": {"file_data", "file_url", "file_id", "filename", "detail"},
        "input_audio": {"input_audio"},
    },
}


def check(request: Recorded) -> None:
    need(request.header("authorization"), "You didn't provide an API key.", 401)
    body: Body = request.json
    unknown = sorted(set(body) - FIELDS)
    need(not unknown, f"Unknown parameter: '{', '.join(unknown)}'.")
    need(isinstance(body.get("model"), str), "Missing required parameter: 'model'.")
    earlier = body.get("previous_response_id")
    need(earlier is None or request.earlier is not None, f"Previous response with id '{earlier}' not found.")
    need(isinstance(body.get("stream", False), bool), "Invalid type for 'stream'.")
    need(body.get("max_output_tokens") is None or body["max_output_tokens"] >= 16, "Invalid 'max_output_tokens': < 16.")
    unknown = [name for name in body.get("include") or [] if name not in INCLUDES]
    need(not unknown, f"Invalid value: {unknown} for 'include'.")
    reasoning = body.get("reasoning") or {}
    need(reasoning.get("effort") in {None, *EFFORTS}, "Invalid value for 'reasoning.effort'.")
    need(reasoning.get("summary") in {None, "auto", "concise", "detailed"}, "Invalid value for 'reasoning.summary'.")
    metadata = body.get("metadata") or {}
    need(all(isinstance(value, str) for value in metadata.values()), "Invalid type for 'metadata'.")
    _tools(body)
    _format(body)
    _input(request)


def _tools(body: Body) -> None:
    names = set()
    for index, tool in enumerate(body.get("tools") or []):
        where = f"tools[{index}]"
        kind = tool.get("type")
        need(kind in HOSTED | {"function", "custom", "namespace"}, f"Invalid value: '{kind}' for '{where}.type'.")
        if kind in HOSTED:
            continue
        need(tool.get("name"), f"Missing required parameter: '{where}.name'.")
        need(TOOL_NAME.fullmatch(tool["name"]), f"Invalid '{where}.name': string does not match pattern.")
        names.add(tool["name"])
        if kind == "function":
            allowed = {"type", "name", "description", "parameters", "strict", "defer_loading"}
            need(set(tool) <= allowed, f"Unknown parameter: '{where}.{set(tool) - allowed}'.")
            need("parameters" in tool, f"Missing required parameter: '{where}.parameters'.")
            _schema(tool["parameters"], tool.get("strict", True), f"function '{tool['name']}'")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function":
        need(choice.get("name") in names, f"Tool choice 'function' not found in 'tools' parameter: {choice}.")
    elif not isinstance(choice, dict):
        need(choice in (None, "none", "auto", "required"), f"Invalid value: '{choice}' for 'tool_choice'.")
        need(choice != "required" or body.get("tools"), "Tool choice 'required' must be specified with 'tools'.")


def _schema(schema: Any, strict: Any, whose: str) -> None:
    need(isinstance(schema, dict) and schema.get("type") == "object", f"Invalid schema for {whose}: no object.")
    if strict:
        _strict_schema(schema, whose)


def _strict_schema(node: Any, whose: str) -> None:
    if not isinstance(node, dict):
        return
    if node.get("type") == "object":
        properties = node.get("properties", {})
        need(node.get("additionalProperties") is False, f"Invalid schema for {whose}: 'additionalProperties'.")
        need(set(node.get("required", [])) == set(properties), f"Invalid schema for {whose}: 'required'.")
        for value in properties.values():
            _strict_schema(value, whose)
    for value in [node.get("items"), *node.get("anyOf", []), *node.get("$defs", {}).values()]:
        _strict_schema(value, whose)


def _format(body: Body) -> None:
    text = body.get("text") or {}
    need(set(text) <= {"format", "verbosity"}, f"Unknown parameter in 'text': {set(text)}.")
    form = text.get("format") or {"type": "text"}
    match form["type"]:
        case "text":
            pass
        case "json_object":
            need("json" in json.dumps(body["input"]).lower(), "Response input messages must contain the word 'json'.")
        case "json_schema":
            need(set(form) <= {"type", "name", "schema", "strict", "description"}, "Unknown parameter: 'text.format'.")
            need(TOOL_NAME.fullmatch(form.get("name", "")), "Missing required parameter: 'text.format.name'.")
            _schema(form["schema"], form.get("strict"), "response_format")
        case kind:
            need(False, f"Invalid value: '{kind}' for 'text.format.type'.")


def _input(request: Recorded) -> None:
    body = request.json
    items = body.get("input")
    if isinstance(items, str):
        return
    need(isinstance(items, list) and (items or request.earlier), "Missing required parameter: 'input'.")
    calls = {item["call_id"] for item in request.earlier or [] if item.get("type", "").endswith("_call")}
    open_calls = set(calls)
    for item in request.earlier or []:
        open_calls.discard(item.get("call_id") if item.get("type", "").endswith("_output") else None)
    for index, item in enumerate(items):
        where = f"input[{index}]"
        kind = item.get("type", "message")
        need(kind in ITEM_FIELDS, f"Invalid value: '{kind}' for '{where}.type'.")
        unknown = set(item) - ITEM_FIELDS[kind]
        need(not unknown, f"Unknown parameter: '{where}.{', '.join(sorted(unknown))}'.")
        _item(item, kind, where, request)
        if kind.endswith("_call"):
            need(item["call_id"] not in calls, f"Duplicate call_id '{item['call_id']}'.")
            calls.add(item["call_id"])
            open_calls.add(item["call_id"])
        if kind.endswith("_output"):
            need(item["call_id"] in calls, f"No tool call found for function call output with {item['call_id']}.")
            open_calls.discard(item["call_id"])
        if kind == "reasoning":
            follower = items[index + 1] if index + 1 < len(items) else {}
            follows = follower.get("type") in {"reasoning", "function_call", "custom_tool_call"}
            follows = follows or follower.get("role") == "assistant"
            need(follows, "Item of type 'reasoning' was provided without its required following item.")
    need(not open_calls, f"No tool output found for function call {', '.join(sorted(open_calls))}.")


def _item(item: Body, kind: str, where: str, request: Recorded) -> None:
    prefix = ID_PREFIXES.get(kind)
    if prefix and item.get("id") is not None:
        need(item["id"].startswith(prefix), f"Invalid '{where}.id': expected an ID that begins with '{prefix}'.")
    match kind:
        case "message":
            _message(item, where)
        case "function_call":
            need(item.get("call_id"), f"Missing required parameter: '{where}.call_id'.")
            need(TOOL_NAME.fullmatch(item["name"]), f"Invalid '{where}.name'.")
            need(isinstance(item["arguments"], str), f"Invalid type for '{where}.arguments'.")
            json.loads(item["arguments"])
        case "function_call_output" | "custom_tool_call_output":
            _output(item["output"], where)
        case "reasoning":
            need(isinstance(item.get("summary"), list), f"Missing required parameter: '{where}.summary'.")
            need(None not in item.values(), f"Invalid type for '{where}': null.")
            content = item.get("encrypted_content")
            need(content or request.earlier, f"Item with id '{item.get('id')}' not found.", 404)
            need(
                not content or is_encrypted_for(content, request.credential or ""),
                "The encrypted content could not be verified. Reason: Encrypted content organization_id did not match.",
            )
        case "item_reference":
            need(request.earlier, f"Item with id '{item['id']}' not found.", 404)


def _message(item: Body, where: str) -> None:
    role = item.get("role")
    need(role in {"user", "assistant", "system", "developer"}, f"Invalid value: '{role}' for '{where}.role'.")
    content = item.get("content")
    if isinstance(content, str):
        return
    need(isinstance(content, list) and content, f"Invalid type for '{where}.content'.")
    allowed = PARTS["assistant" if role == "assistant" else "user"]
    for part in content:
        _part(part, allowed, where)


def _output(output: Any, where: str) -> None:
    need(isinstance(output, str | list), f"Invalid type for '{where}.output'.")
    for part in output if isinstance(output, list) else []:
        _part(part, PARTS["user"], where)


def _part(part: Body, allowed: dict[str, set[str]], where: str) -> None:
    kind = part.get("type")
    need(kind in allowed, f"Invalid value: '{kind}'. Supported values are: {sorted(allowed)} ({where}).")
    unknown = set(part) - allowed[kind] - {"type"}
    need(not unknown, f"Unknown parameter: '{where}.content.{sorted(unknown)}'.")
    if kind == "input_image":
        need(re.match(r"data:image/|https?://", part.get("image_url", "http://")), f"Invalid '{where}.image_url'.")
    if kind == "input_file" and "file_data" in part:
        need(part["file_data"].startswith("data:") and part.get("filename"), f"Invalid '{where}' file.")
