"""The names that Gemini's protocol buffers know, and which of them hold further messages."""

from __future__ import annotations

import re
from typing import Any

from .refusal import RefusedError

# A name followed by `:message` holds one such message, by `:[message]` a list of them; others hold anything.
_DEFINITIONS = {
    "request": "model contents:[content] systemInstruction:content tools:[tool] toolConfig:toolConfig "
    "generationConfig:config safetySettings:[safety] cachedContent labels serviceTier store",
    "content": "role parts:[part]",
    "part": "text inlineData:blob fileData:file functionCall:call functionResponse:response executableCode "
    "codeExecutionResult toolCall toolResponse thought thoughtSignature videoMetadata mediaResolution partMetadata",
    "blob": "mimeType data displayName",
    "file": "mimeType fileUri displayName",
    "call": "id name args partialArgs willContinue",
    "response": "id name response parts:[responsePart] willContinue scheduling",
    "responsePart": "inlineData:blob fileData:file",
    "tool": "functionDeclarations:[function] googleSearch googleSearchRetrieval codeExecution urlContext googleMaps "
    "computerUse fileSearch mcpServers",
    "function": "name description parameters parametersJsonSchema response responseJsonSchema behavior",
    "toolConfig": "functionCallingConfig:calling retrievalConfig includeServerSideToolInvocations",
    "calling": "mode allowedFunctionNames streamFunctionCallArguments",
    "config": "temperature topP topK candidateCount maxOutputTokens stopSequences seed presencePenalty "
    "frequencyPenalty responseLogprobs logprobs responseMimeType responseSchema responseJsonSchema "
    "responseModalities mediaResolution speechConfig imageConfig thinkingConfig:thinking "
    "enableEnhancedCivicAnswers",
    "thinking": "includeThoughts thinkingBudget thinkingLevel",
    "safety": "category threshold method",
    "schema": "type format title description nullable enum items minItems maxItems properties required minProperties "
    "maxProperties minLength maxLength pattern minimum maximum anyOf propertyOrdering default example",
}


def _parse(definition: str) -> dict[str, tuple[str, bool]]:
    fields = {}
    for word in definition.split():
        name, _, inner = word.partition(":")
        fields[name] = (inner.strip("[]"), inner.startswith("["))
    return fields


MESSAGES = {name: _parse(definition) for name, definition in _DEFINITIONS.items()}


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), name)


def check_fields(value: Any, message: str, path: str = "") -> dict[str, Any]:
    """The message with all names in camel case; unknown names and wrong kinds of value are refused."""
    if not isinstance(value, dict):
        raise RefusedError(f"Invalid value at '{path}': not a message")
    out = {}
    for name, inner in value.items():
        key = _camel(name)
        if key not in MESSAGES[message]:
            raise RefusedError(
                f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
            )
        kind, repeated = MESSAGES[message][key]
        where = f"{path}.{name}".lstrip(".")
        if inner is None or not kind:
            out[key] = inner
        elif repeated:
            if not isinstance(inner, list):
                raise RefusedError(f"Invalid value at '{where}': Proto field is repeating")
            out[key] = [check_fields(item, kind, f"{where}[{index}]") for index, item in enumerate(inner)]
        else:
            out[key] = check_fields(inner, kind, where)
    return {key: inner for key, inner in out.items() if inner is not None}
