"""The answers of the matrix, and the ways in which the bytes of a stream can differ."""

from answers_in import call, image, redacted, refusal, text, thinking
from parts import Skip


def answer(name, *blocks, whole=False, **rest):
    return {"name": name, "blocks": list(blocks), "whole": whole, **rest}


HELLO = text("Hel", "lo, ", "world.")
THOUGHT = thinking("Let me ", "think.")
PARIS = call("call_paris", "get_weather", "{\"city\":", " \"Paris\"}")
TOKYO = call("call_tokyo", "get_weather", "{\"city\": \"東", "京\", \"days\": 1.50}")

SCENARIOS = [
    answer("01-text", HELLO, whole=True),
    answer("02-empty-deltas", text("", "Hi", "", "!", "")),
    answer("03-thinking-text", thinking("Let me ", "think.", signed=False), HELLO, usage={"reasoning": 12}, whole=True),
    answer("04-thinking-signed", THOUGHT, HELLO, usage={"reasoning": 12}, whole=True),
    answer("05-redacted", redacted(), text("Done.")),
    answer("06-one-call", PARIS, whole=True),
    answer("07-parallel-calls", PARIS, TOKYO, whole=True),
    answer("08-text-then-calls", text("Looking both up."), PARIS, TOKYO, whole=True),
    answer("09-thinking-text-calls", THOUGHT, text("Looking."), PARIS, TOKYO, usage={"reasoning": 5}, whole=True),
    answer("10-thinking-call", THOUGHT, PARIS, whole=True),
    answer("11-call-without-arguments", call("call_ping", "ping"), whole=True),
    answer("12-call-with-empty-object", call("call_ping", "ping", "{}")),
    answer("13-no-usage", HELLO, usage=None),
    answer("14-cached-usage", HELLO, usage={"cached": 800}, whole=True),
    answer("15-length", HELLO, finish="length", whole=True),
    answer("16-length-in-thinking", THOUGHT, finish="length"),
    answer("17-filter", text("I was abo"), finish="filter", whole=True),
    answer("18-filter-at-once", finish="filter"),
    answer("19-refusal", refusal("I can", "not help with that."), whole=True),
    answer("20-stop-sequence", text("Until here"), finish="stop_sequence", whole=True),
    answer("21-refused", text("I"), finish="refusal"),
    answer("22-pause", text("Searching"), finish="pause"),
    answer("23-context-full", text("So long"), finish="context"),
    answer("24-image", text("Here it is."), image(), whole=True),
    answer("25-text-after-call", text("Before."), PARIS, text("After.")),
    answer("26-thinking-twice", THOUGHT, text("First."), thinking("And ", "again."), text("Second.")),
    answer("27-escapes", text("Grüße 日本語 😀 \u2028 \"q\" \\ /\n\t\u0001 </think> ```")),
    answer("28-arguments-with-escapes",
           call("call_a", "write", "{\"text\": \"l1\\nl2 \\\"q\\\" \\u00e9 \\\\", " \", \"big\": 12345678901234567890}")),
    answer("29-many-calls", *[call(f"call_{n}", "ping", "{\"n\": %d}" % n) for n in range(5)]),
    answer("30-same-id-twice", call("call_0", "ping", "{\"n\": 1}"), call("call_0", "ping", "{\"n\": 2}")),
    answer("31-empty", whole=True),
    answer("32-long-text", *[text(*(f"word{n} " for n in range(60)))]),
    answer("33-call-then-length", text("Look."), call("call_a", "write", "{\"text\": \"unfinis"), finish="length"),
    answer("34-malformed-call", finish="malformed"),
    answer("35-malformed-after-text", text("Calling."), finish="malformed"),
    answer("36-unknown-language", text("Hm."), finish="language"),
]

BY_NAME = {made["name"]: made for made in SCENARIOS}
TEXT, CALLS, ALL = BY_NAME["01-text"], BY_NAME["08-text-then-calls"], BY_NAME["09-thinking-text-calls"]


def joined(change):
    return lambda dialect, made: change(dialect, "".join(made).replace("\r\n", "\n"))


def lines_only(change):
    """A way of framing that newline-delimited JSON does not have."""
    def checked(dialect, made):
        if dialect == "ollama":
            raise Skip
        return change(dialect, "".join(made).replace("\r\n", "\n"))
    return checked


def cut(keep):
    """Leaves out the frames behind a fraction of the stream, or all but some bytes of the last one."""
    return lambda dialect, made: "".join(made[:max(1, int(len(made) * keep))])


ERRORS = {
    "chat": "data: {\"error\":{\"message\":\"Overloaded, try later\",\"type\":\"server_error\",\"param\":null,"
            "\"code\":503}}\n\n",
    "responses": "event: error\ndata: {\"type\":\"error\",\"sequence_number\":9,\"code\":\"server_error\","
                 "\"message\":\"Overloaded, try later\",\"param\":null}\n\n",
    "anthropic": "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
                 "\"message\":\"Overloaded, try later\"}}\n\n",
    "gemini": "data: {\"error\":{\"code\":503,\"message\":\"Overloaded, try later\",\"status\":\"UNAVAILABLE\"}}\n\n",
    "ollama": "{\"error\":\"Overloaded, try later\"}\n",
}


def failing(keep):
    return lambda dialect, made: "".join(made[:int(len(made) * keep)]) + ERRORS[dialect]


def keep_alives(dialect, made):
    ping = {"anthropic": "event: ping\ndata: {\"type\":\"ping\"}\n\n", "ollama": "\n"}.get(dialect, ": keep-alive\n\n")
    return ping.join(["", *made])


def unknown_events(dialect, made):
    extra = {
        "chat": "data: {\"object\":\"vendor.note\",\"choices\":[]}\n\n",
        "responses": "event: codex.rate_limits\ndata: {\"type\":\"codex.rate_limits\",\"left\":3}\n\n",
        "anthropic": "event: vendor_note\ndata: {\"type\":\"vendor_note\",\"x\":[1]}\n\n",
        "gemini": "data: {\"vendorNote\":{}}\n\n",
        "ollama": "{\"model\":\"up-model\",\"vendor_note\":{}}\n",
    }[dialect]
    return made[0] + extra + "".join(made[1:-1]) + extra + made[-1]


def without_end(dialect, made):
    if dialect == "gemini":
        raise Skip
    drop = {"chat": 1, "responses": 1, "anthropic": 1, "ollama": 1}[dialect]
    return "".join(made[:-drop])


VARIANTS = [
    ("40-crlf", ALL, joined(lambda dialect, made: made.replace("\n", "\r\n"))),
    ("41-cr", TEXT, lines_only(lambda dialect, made: made.replace("\n", "\r"))),
    ("42-comments", ALL, lines_only(lambda dialect, made: ": hello\n" + made.replace("data: {", ": note\ndata: {"))),
    ("43-multi-line-data", ALL, lines_only(lambda dialect, made: made.replace("data: {", "data: {\ndata:  "))),
    ("44-no-space-after-colon", TEXT, lines_only(lambda dialect, made: made.replace("data: ", "data:"))),
    ("45-byte-order-mark", TEXT, joined(lambda dialect, made: "\ufeff" + made)),
    ("46-id-and-retry", TEXT, lines_only(lambda dialect, made: "retry: 100\n\n" + made.replace("data: ", "id: 7\ndata: "))),
    ("47-keep-alives", CALLS, keep_alives),
    ("48-unknown-events", CALLS, unknown_events),
    ("50-missing-end-mark", TEXT, without_end),
    ("51-cut-in-the-middle", TEXT, cut(0.5)),
    ("52-cut-in-a-call", BY_NAME["06-one-call"], cut(0.6)),
    ("53-cut-in-thinking", BY_NAME["03-thinking-text"], cut(0.3)),
    ("54-error-first", TEXT, failing(0)),
    ("55-error-in-the-middle", TEXT, failing(0.5)),
    ("56-error-in-a-call", BY_NAME["06-one-call"], failing(0.6)),
    ("57-nothing-at-all", TEXT, lambda dialect, made: ""),
    ("58-garbage", TEXT, joined(lambda dialect, made: "<html><title>502 Bad Gateway</title></html>\n")),
    ("59-broken-frames", TEXT, joined(lambda dialect, made: made.replace("}", "", 40))),
]
