"""The documentation names every setting that exists, and none that does not."""

from __future__ import annotations

import re

from .support.gateway import ROOT

# How the sources ask for a setting: by subscript or through a reader.
ASKED = re.compile(
    r'(?:environment|variables|process|settings)\[\s*"([A-Z][A-Z0-9_]+)"'
    r'|\b(?:value|list|text|integer|milliseconds|parsed|flag|strong|generate|limit)\(\s*"([A-Z][A-Z0-9_]+)"'
)
NOT_OURS = {"HOME", "PATH", "TERM", "NO_COLOR"}


def sources() -> str:
    return "\n".join(path.read_text() for path in sorted((ROOT / "Sources").rglob("*.swift")))


def documented() -> set[str]:
    text = (ROOT / "docs/configuration.md").read_text()
    names = {
        name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([A-Z_0-9]+)`", row)
    }
    return names - {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}  # names of the catalogue, not of the sources


def test_every_documented_variable_exists() -> None:
    text = sources()
    assert [name for name in sorted(documented()) if f'"{name}"' not in text] == []


def test_every_variable_is_documented() -> None:
    asked = {first or second for first, second in ASKED.findall(sources())} - NOT_OURS
    assert sorted(asked - documented()) == []


def test_links_between_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_scripts_that_documents_name_exist() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for script in re.findall(r"\bscript/([a-z]+)\b", path.read_text()):
            assert (ROOT / "script" / script).exists(), f"{path.name}: script/{script}"
