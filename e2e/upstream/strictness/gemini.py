"""What Google's Gemini API refuses; it reads protocol buffers, so that unknown names are errors anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from ..answers import ToolUse, thought_signature_of
from ..record import Recorded
from .gemini_fields import check_fields
from .refusal import Body, need

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
NO_SIGNATURE = {"skip_thought_signature_validator", "context_engineering_is_the_way_to_go"}
DATA_FIELDS = "text inlineData fileData functionCall functionResponse executableCode codeExecutionResult".split()
JSON_TYPES = {"application/json", "text/x.enum"}


def check(request: Recorded) -> None:
    _key(request)
    body = check_fields(request.json, "request")
    need(body.get("contents"), "* GenerateContentRequest.contents: contents is not specified")
    is_third = "gemini-3" in (request.model or "")
    _config(body, is_third)
    _tools(body, is_third)
    for part in (body.get("systemInstruction") or {}).get("parts", []):
        need("text" in part, "System instruction must be text.")
    for index, content in enumerate(body["contents"]):
        _content(content, f"contents[{index}]")
    _turns(body["contents"])
    _signatures(body["contents"], is_third)


def _key(request: Recorded) -> None:
    bearer = (request.header("authorization") or "").removeprefix("Bearer ")
    need(not bearer or bearer.startswith("ya29."), "Expected OAuth 2 access token or login cookie.", 401)
    need(request.header("x-api-key") is None, "This API does not know x-api-key.", 401)
    keyed = request.header("x-goog-api-key") or request.query.get("key")
    need(keyed or bearer, "Method doesn't allow unregistered callers. Please use API Key.", 403)


def _config(body: Body, is_third: bool) -> None:
    config = body.get("generationConfig") or {}
    need(0 <= config.get("temperature", 1) <= 2, "temperature must be in the range [0.0, 2.0].")
    need(0 <= config.get("topP", 1) <= 1, "top_p must be in the range [0.0, 1.0].")
    need(config.get("maxOutputTokens", 1) > 0, "max_output_tokens must be positive.")
    stops = config.get("stopSequences") or []
    need(len(stops) <= 5 and all(stops), "stop_sequences must be at most 5, none of them empty.")
    mime = config.get("responseMimeType", "text/plain")
    need(mime in JSON_TYPES | {"text/plain"}, f"* response_mime_type: unsupported value {mime}")
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if config.get(name) is not None]
    need(len(schemas) < 2, "Only one of response_schema and response_json_schema may be set.")
    need(not schemas or mime in JSON_TYPES, "response_schema needs response_mime_type application/json.")
    functions = any(tool.get("functionDeclarations") for tool in body.get("tools") or [])
    need(
        is_third or not (functions and mime in JSON_TYPES),
        "Function calling with a response mime type: 'application/json' is unsupported",
    )
    if schemas == ["responseSchema"]:
        _schema(config["responseSchema"], "response_schema")
    thinking = config.get("thinkingConfig") or {}
    need(
        not {"thinkingBudget", "thinkingLevel"} <= set(thinking),
        "You can only set one of thinking budget and thinking level.",
    )
    need(is_third or "thinkingLevel" not in thinking, "Thinking level is not supported for this model.")
    need(-1 <= thinking.get("thinkingBudget", 0) <= 32768, "The thinking budget is invalid.")


def _tools(body: Body, is_third: bool) -> None:
    names: set[str] = set()
    kinds: set[str] = set()
    for tool in body.get("tools") or []:
        kinds |= set(tool)
        for function in tool.get("functionDeclarations") or []:
            name = function.get("name", "")
            need(FUNCTION_NAME.fullmatch(name), f"Invalid function name {name!r}. Must start with a letter or _.")
            need(name not in names, f"Duplicate function declaration found: {name}")
            names.add(name)
            need(
                not {"parameters", "parametersJsonSchema"} <= set(function),
                "Only one of parameters and parameters_json_schema may be set.",
            )
            if function.get("parameters") is not None:
                _schema(function["parameters"], f"function_declarations.{name}.parameters")
            json_schema = function.get("parametersJsonSchema", {})
            need(isinstance(json_schema, dict), f"{name}.parameters_json_schema: not an object")
    mixed = "functionDeclarations" in kinds and kinds & {"googleSearch", "codeExecution", "urlContext"}
    need(is_third or not mixed, "Built-in tools and Function Calling cannot be combined in the same request.")
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    mode = calling.get("mode", "AUTO")
    need(mode in {"AUTO", "ANY", "NONE", "VALIDATED"}, f"Invalid value at mode: {mode}")
    allowed = calling.get("allowedFunctionNames") or []
    need(not allowed or mode in {"ANY", "VALIDATED"}, "allowed_function_names needs mode ANY.")
    need(set(allowed) <= names, f"allowed_function_names: {allowed} are not declared")
    need(mode != "ANY" or names, "Function calling config is set without function_declarations.")


def _schema(node: Any, where: str) -> None:
    """The subset of OpenAPI that `Schema` is."""
    need(isinstance(node, dict), f"{where}: not a Schema")
    check_fields(node, "schema")
    kind = str(node.get("type", "")).upper()
    kinds = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
    need(kind in kinds or (not kind and "anyOf" in node), f"{where}.type: {node.get('type')!r}")
    need("enum" not in node or kind == "STRING", f"{where}.enum: only allowed for STRING type")
    need(all(isinstance(value, str) and value for value in node.get("enum") or []), f"{where}.enum: cannot be empty")
    need(kind != "ARRAY" or "items" in node, f"{where}.items: missing field.")
    need(kind == "OBJECT" or "properties" not in node, f"{where}.properties: only allowed for OBJECT type")
    properties = node.get("properties") or {}
    for name in node.get("required") or []:
        need(name in properties, f"{where}.required: property is not defined: {name}")
    for name, value in properties.items():
        _schema(value, f"{where}.properties[{name}]")
    for value in [*([node["items"]] if "items" in node else []), *(node.get("anyOf") or [])]:
        _schema(value, where)


def _content(content: Body, where: str) -> None:
    need(content.get("role", "user") in {"user", "model", "function"}, "Please use a valid role: user, model.")
    parts = content.get("parts")
    need(parts, f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for part in parts:
        fields = [name for name in DATA_FIELDS if name in part]
        need(len(fields) == 1, f"{where}.parts: required oneof field 'data' must have one initialized field")
        for name in ("functionCall", "functionResponse"):
            if name in part:
                need(FUNCTION_NAME.fullmatch(part[name].get("name", "")), f"{where}: {name}.name cannot be empty")
        if "functionResponse" in part:
            need(isinstance(part["functionResponse"].get("response"), dict), f"{where}: response is not a Struct")
        blobs = [part, *(part.get("functionResponse", {}).get("parts") or [])]
        for blob in [item["inlineData"] for item in blobs if "inlineData" in item]:
            need(re.fullmatch(r"\w+/[\w.+-]+", blob.get("mimeType", "")), f"{where}: Unsupported MIME type")
            _base64(blob["data"], where)


def _base64(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        need(False, f"Invalid value at '{where}' (TYPE_BYTES), Base64 decoding failed")
        return b""


def _turns(contents: list[Body]) -> None:
    waiting = 0
    for index, content in enumerate(contents):
        parts = content["parts"]
        calls = sum("functionCall" in part for part in parts)
        responses = sum("functionResponse" in part for part in parts)
        need(
            responses == waiting or not (responses or waiting),
            "Please ensure that the number of function response parts is equal to the number of function call parts "
            "of the function call turn.",
        )
        need(
            not calls or (index > 0 and contents[index - 1].get("role", "user") != "model"),
            "Please ensure that function call turn comes immediately after a user turn or after a function response "
            "turn.",
        )
        waiting = calls
    last = contents[-1].get("role", "user")
    need(last != "model", "Please ensure that the last content has the role user.")


def _signatures(contents: list[Body], is_third: bool) -> None:
    """Signatures are good on their own part; Gemini 3 demands them on the calls of the current turn."""
    turn = max((index for index, content in enumerate(contents) if _is_question(content)), default=0)
    for index, content in enumerate(contents):
        calls = 0
        for part in content["parts"]:
            signature = part.get("thoughtSignature")
            call = part.get("functionCall")
            calls += call is not None
            if is_third and call is not None and calls == 1 and index > turn:
                need(
                    signature,
                    f"Function call `{call['name']}` in the {index}. content block is missing a `thought_signature`.",
                )
            if signature and signature not in NO_SIGNATURE:
                decoded = _base64(signature, "thought_signature").decode("latin-1")
                own = thought_signature_of(ToolUse("", call["name"], call.get("args") or {}) if call else None)
                need(signature == own or decoded in NO_SIGNATURE, "Thought signature is not valid")


def _is_question(content: Body) -> bool:
    parts = content["parts"]
    return content.get("role", "user") == "user" and not any("functionResponse" in part for part in parts)
