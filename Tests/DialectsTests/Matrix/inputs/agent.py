"""A coding agent in the middle of its work: the largest kind of request there is."""

from parts import GIF, call, image, model, result, scenario, text, thinking, tool, user

MARK = {"type": "ephemeral"}
VERBS = ["read", "write", "edit", "move", "delete", "list", "search", "run", "stop", "inspect"]
OBJECTS = ["file", "folder", "branch", "process"]

RULE = ("Rule {0}: before you {1} a {2}, say in one sentence why; never {1} a {2} that the user has not named or that "
        "your plan does not contain, and when the outcome differs from what you expected, stop and report it. ")


def rules(first, count):
    return "".join(RULE.format(n, VERBS[n % 10], OBJECTS[n % 4]) for n in range(first, first + count))


def tools():
    for number, (verb, noun) in enumerate((v, o) for v in VERBS for o in OBJECTS):
        properties = {
            "path": {"type": "string", "description": f"Absolute path of the {noun} to {verb}"},
            "options": {"type": "object", "properties": {
                "recursive": {"type": "boolean", "default": False},
                "limit": {"type": "integer", "minimum": 1, "maximum": 2000},
                "mode": {"type": "string", "enum": ["fast", "safe", "dry-run"]}}, "additionalProperties": False},
        }
        if number % 3 == 0:
            properties["edits"] = {"type": "array", "minItems": 1, "items": {
                "type": "object", "properties": {"old": {"type": "string"}, "new": {"type": "string"}},
                "required": ["old", "new"]}}
        yield tool(f"{verb}_{noun}", properties, ["path"],
                   f"Can {verb} a {noun} of the workspace.\n\nUse it only with absolute paths. {rules(number, 1)}")


def history():
    yield user(text("<system-reminder>\nThe workspace is /src; the branch is `main`.\n</system-reminder>"),
               text("Find out why the test “größe” fails and mend it.", MARK))
    for step in range(8):
        first, second = f"toolu_{step:02}a", f"toolu_{step:02}b"
        parts = [thinking(f"Step {step}: I compare the two files before I change anything.")] if step % 2 == 0 else []
        parts += [f"Now step {step}."] if step % 3 == 0 else []
        parts.append(call(first, "read_file", {"path": f"/src/a{step}.swift", "options": {"limit": 2000}}))
        parts.append(call(second, "search_file", {"path": "/src", "options": {"recursive": True}}))
        yield model(*parts)
        listing = "".join(f"{line:>5}\tlet value{line} = \"größe {line * step}\"  // \\d+\n" for line in range(1, 25))
        answers = [result(first, "read_file", [text(listing)])]
        if step == 3:
            answers.append(result(second, "search_file", [text("no such folder")], error=True))
        else:
            answers.append(result(second, "search_file", [text(f"/src/b{step}.swift:{step}: value")]))
        yield user(*answers, *([text("The user opened b3.swift.")] if step == 3 else []))
    yield model("This is what I see.")
    yield user("Here is the picture of the failure.", image(), image(GIF, "image/gif"), text("Go on.", MARK))


def agent():
    return scenario("99-agent-corpus", *history(),
                    system=[text("You are a coding agent."), text(rules(0, 60), MARK)], tools=list(tools()),
                    cache_tools=True, reasoning=("effort", "medium"), max=32000, sampling={"temperature": 1})
