"""The management API as the dashboard uses it: a session cookie and JSON."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from .gateway import PASSWORD, Gateway

NODE_TYPES = {"openai": "openai-compatible", "responses": "openai-compatible", "anthropic": "anthropic-compatible"}
API_TYPES = {"openai": "chat", "responses": "responses"}
PROVIDERS = {"gemini": ("gemini", "gemini"), "ollama": ("ollama-local", "ollama")}
"""The provider of the catalogue, and its model prefix, for dialects that nodes of one's own cannot have."""

_numbers = itertools.count(1)


class Management:
    def __init__(self, gateway: Gateway, password: str = PASSWORD) -> None:
        self.http = httpx.Client(base_url=gateway.origin, timeout=20)
        answer = self.http.post("/api/auth/login", json={"password": password})
        assert answer.status_code == 200, f"login: {answer.status_code} {answer.text}"

    def close(self) -> None:
        self.http.close()

    def call(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = self.http.request(method, path, json=body) if body is not None else self.http.request(method, path)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def add_node(
        self, dialect: str, base: str, *, prefix: str | None = None, key: str = "sk-upstream", **more: Any
    ) -> str:
        """A user-defined provider with one connection; returns the model prefix."""
        prefix = prefix or f"{dialect[:2]}{next(_numbers)}"
        wish = {"name": f"Node {prefix}", "prefix": prefix, "type": NODE_TYPES[dialect], "baseUrl": base, **more}
        if dialect in API_TYPES:
            wish["apiType"] = API_TYPES[dialect]
        node = self.call("POST", "/api/provider-nodes", wish, expect=201)["node"]
        self.add_connection(node["id"], key, name=f"{prefix} account")
        return prefix

    def add_upstream(self, dialect: str, base: str, *, key: str = "sk-upstream") -> str:
        """A provider of any dialect with one healthy account; returns the model prefix.

        Of those in the catalogue there is only one: its account is replaced by a new one.
        """
        if dialect not in PROVIDERS:
            return self.add_node(dialect, base, key=key)
        provider, prefix = PROVIDERS[dialect]
        for connection in self.call("GET", "/api/providers")["connections"]:
            if connection["provider"] == provider:
                self.call("DELETE", f"/api/providers/{connection['id']}")
        self.add_connection(provider, key, base=base)
        return prefix

    def add_connection(self, provider: str, key: str, *, base: str | None = None, **more: Any) -> dict[str, Any]:
        wish = {"provider": provider, "apiKey": key, "name": more.pop("name", f"account {next(_numbers)}"), **more}
        if base:
            wish["providerSpecificData"] = {"baseUrl": base, **wish.get("providerSpecificData", {})}
        return self.call("POST", "/api/providers", wish, expect=201)["connection"]

    def add_combo(self, *models: str, name: str | None = None, **more: Any) -> str:
        name = name or f"combo{next(_numbers)}"
        wish = {"name": name, "models": list(models), "strategy": "priority", **more}
        self.call("POST", "/api/combos", wish, expect=201)
        return name

    def add_key(self, name: str = "test key", **more: Any) -> dict[str, Any]:
        return self.call("POST", "/api/keys", {"name": name, **more}, expect=201)

    def history(self) -> dict[str, Any]:
        return self.call("GET", "/api/usage/history")

    def usage_of(self, model: str) -> dict[str, Any] | None:
        """The totals of one upstream model over all providers' names for it."""
        for label, entry in self.history()["byModel"].items():
            if label.startswith(f"{model} ("):
                return entry
        return None


def eventually(check: Callable[[], Any], what: str, timeout: float = 5) -> Any:
    """The first true value of `check`, asked again and again; for state that is settled off the request path."""
    deadline = time.monotonic() + timeout
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {timeout} s; last {json.dumps(value, default=str)}"
        time.sleep(0.02)
