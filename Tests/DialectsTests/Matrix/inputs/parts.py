"""What scenarios are made of, in no dialect."""

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
PDF = "JVBERi0xLjQKMSAwIG9iago8PC9UeXBlL0NhdGFsb2c+PgplbmRvYmoK"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

# Signatures in the shapes of their issuers.
ANTHROPIC = "EsgCCkYICxABGAIqQJ8signatureOfAnthropic1234567890abcdef"
GEMINI = "CpkBAcu98PAsignatureOfGemini1234567890abcdefgh"
OPENAI = "gAAAAABsignatureOfOpenAI1234567890abcdefghijk"


class Skip(Exception):
    """The dialect cannot express the scenario."""


def text(value, cache=None):
    return {"is": "text", "text": value, "cache": cache}


def image(data=PNG, mime="image/png", detail=None):
    return {"is": "image", "data": data, "mime": mime, "detail": detail}


def image_url(url, detail=None):
    return {"is": "image", "url": url, "detail": detail}


def pdf(data=PDF, name="paper.pdf"):
    return {"is": "pdf", "data": data, "name": name}


def pdf_url(url):
    return {"is": "pdf", "url": url}


def audio(data=WAV):
    return {"is": "audio", "data": data}


def call(id, name, arguments, signature=None):
    return {"is": "call", "id": id, "name": name, "arguments": arguments, "signature": signature}


def result(id, name, parts, error=False):
    return {"is": "result", "id": id, "name": name, "parts": parts, "error": error}


def thinking(value, signed=True):
    return {"is": "thinking", "text": value, "signed": signed}


def redacted(data):
    return {"is": "redacted", "data": data}


def user(*parts):
    return {"role": "user", "parts": [text(p) if isinstance(p, str) else p for p in parts]}


def model(*parts):
    return {"role": "model", "parts": [text(p) if isinstance(p, str) else p for p in parts]}


def system(*parts):
    return {"role": "system", "parts": [text(p) if isinstance(p, str) else p for p in parts]}


def tool(name, properties=None, required=None, description=None, schema=None, strict=None):
    if schema is None:
        schema = {"type": "object", "properties": properties or {}}
        if required:
            schema["required"] = required
    return {"name": name, "schema": schema, "description": description, "strict": strict}


def scenario(name, *turns, **rest):
    return {"name": name, "turns": list(turns), **rest}
