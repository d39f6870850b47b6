"""The management routes that this version has, in the shapes that the dashboard and scripts rely on."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from .conftest import Own
from .support.gateway import Gateway, closed_port
from .support.management import Management
from .upstream import ScriptedUpstream


def test_the_public_routes(gateway: Gateway) -> None:
    with httpx.Client(base_url=gateway.origin) as http:
        assert http.get("/api/init").json() == {"initialized": True}
        assert http.get("/api/auth/status").json() == {"authenticated": False}
        health = http.get("/api/monitoring/health").json()
    assert health["status"] == "healthy"
    assert health["version"]
    assert health["uptime"] >= 0
    assert not {"system", "sessions", "memoryUsage"} & set(health), "strangers see no internals"


def test_health_in_full_for_the_owner(management: Management) -> None:
    health = management.call("GET", "/api/monitoring/health")
    assert health["system"]["pid"] > 0
    assert health["cryptography"]["status"] == "healthy"


class TestConnections:
    def test_life(self, own: Own, upstream: ScriptedUpstream) -> None:
        call = own.management.call
        made = own.management.add_connection("groq", "gsk_0123456789abcdefghij", base=upstream.base, name="Mine")
        assert made["provider"] == "groq"
        assert made["authType"] == "apikey"
        assert made["name"] == "Mine"
        assert made["isActive"] is True
        assert made["priority"] == 1
        assert made["apiKey"] == "gsk_0123****ghij"
        path = f"/api/providers/{made['id']}"
        assert call("GET", path)["connection"]["id"] == made["id"]
        assert [item["id"] for item in call("GET", "/api/providers")["connections"]] == [made["id"]]
        changed = call("PUT", path, {"name": "Renamed", "isActive": False, "maxConcurrent": 3})["connection"]
        assert (changed["name"], changed["isActive"], changed["maxConcurrent"]) == ("Renamed", False, 3)
        call("DELETE", path)
        call("GET", path, expect=404)
        assert call("GET", "/api/providers") == {"connections": []}

    def test_priorities_are_numbered_through(self, own: Own, upstream: ScriptedUpstream) -> None:
        ids = [own.management.add_connection("groq", f"sk-{n}", base=upstream.base)["id"] for n in range(3)]
        own.management.call("DELETE", f"/api/providers/{ids[0]}")
        rest = own.management.call("GET", "/api/providers")["connections"]
        assert sorted(item["priority"] for item in rest) == [1, 2]

    def test_several_at_once_are_deleted(self, own: Own, upstream: ScriptedUpstream) -> None:
        ids = [own.management.add_connection("groq", f"sk-{n}", base=upstream.base)["id"] for n in range(3)]
        assert own.management.call("DELETE", "/api/providers", {"ids": ids[:2]})["deleted"] == 2

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"provider": "groq"},
            {"provider": "groq", "name": "x"},
            {"provider": "groq", "name": "", "apiKey": "k"},
            {"provider": 7, "name": "x", "apiKey": "k"},
            {"provider": "groq", "name": "x", "apiKey": "k", "priority": 101},
            {"provider": "groq", "name": "x", "apiKey": "k", "providerSpecificData": {"baseUrl": "ftp://x"}},
            {"provider": "groq", "name": "x", "apiKey": "k", "providerSpecificData": {"baseUrl": "file:///etc/passwd"}},
            {"provider": "no-such-provider", "name": "x", "apiKey": "k"},
            [],
            "text",
        ],
    )
    def test_bad_input(self, management: Management, body: object) -> None:
        answer = management.http.post("/api/providers", json=body)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]

    def test_an_unknown_node(self, management: Management) -> None:
        body = {"provider": "openai-compatible-chat-00000000-0000-4000-8000-000000000000", "name": "x", "apiKey": "k"}
        management.call("POST", "/api/providers", body, expect=404)

    def test_a_sound_account_tests_well(self, own: Own, upstream: ScriptedUpstream) -> None:
        made = own.management.add_connection("groq", "sk-sound", base=upstream.base)
        result = own.management.call("POST", f"/api/providers/{made['id']}/test", {"validationModelId": "text"})
        assert result["valid"] is True, result
        assert result["diagnosis"]["type"] == "ok"
        assert result["latencyMs"] >= 0
        assert own.management.call("GET", f"/api/providers/{made['id']}")["connection"]["testStatus"] == "active"

    def test_an_account_that_cannot_be_reached_tests_badly(self, own: Own) -> None:
        made = own.management.add_connection("groq", "sk-x", base=f"http://127.0.0.1:{closed_port()}/v1")
        result = own.management.call("POST", f"/api/providers/{made['id']}/test")
        assert result["valid"] is False
        assert result["diagnosis"]["type"] in {"network_error", "upstream_unavailable"}
        assert result["error"]

    def test_the_models_of_an_account(self, own: Own, upstream: ScriptedUpstream) -> None:
        made = own.management.add_connection("groq", "sk-models", base=upstream.base)
        listing = own.management.call("GET", f"/api/providers/{made['id']}/models?refresh=true")
        assert listing["provider"] == "groq"
        assert {"text", "tool", "json"} <= {model["id"] for model in listing["models"]}
        assert listing["source"] == "api"

    def test_metadata_addresses_are_never_reached(self, own: Own) -> None:
        """Not even where private addresses are allowed."""
        answer = own.management.http.post(
            "/api/providers",
            json={
                "provider": "groq",
                "name": "x",
                "apiKey": "k",
                "providerSpecificData": {"baseUrl": "http://169.254.169.254/v1"},
            },
        )
        if answer.status_code == 201:
            result = own.management.call("POST", f"/api/providers/{answer.json()['connection']['id']}/test")
            assert result["valid"] is False
        else:
            assert answer.status_code == 400


def test_private_addresses_are_refused_by_default(
    new_gateway: Callable[..., Gateway], upstream: ScriptedUpstream
) -> None:
    gateway = new_gateway(environment={"OMNIROUTE_ALLOW_PRIVATE_PROVIDER_URLS": "false"}).start()
    session = Management(gateway)
    before = upstream.connections
    wish = {"provider": "groq", "name": "x", "apiKey": "k", "providerSpecificData": {"baseUrl": upstream.base}}
    answer = session.http.post("/api/providers", json=wish)
    if answer.status_code == 201:
        body = {"model": "groq/text", "messages": [{"role": "user", "content": "Hi"}]}
        assert httpx.post(gateway.origin + "/v1/chat/completions", json=body).status_code >= 400
    else:
        assert answer.status_code == 400
    assert upstream.connections == before, "not a single connection"
    session.close()


class TestNodes:
    @pytest.mark.parametrize("kind", ["openai", "anthropic"])
    def test_life(self, own: Own, upstream: ScriptedUpstream, kind: str) -> None:
        call = own.management.call
        prefix = own.management.add_node(kind, upstream.base + "/")
        (node,) = call("GET", "/api/provider-nodes")["nodes"]
        assert node["prefix"] == prefix
        assert node["baseUrl"] == upstream.base
        assert node["id"].startswith("openai-compatible-chat-" if kind == "openai" else "anthropic-compatible-")
        path = f"/api/provider-nodes/{node['id']}"
        changed = call("PUT", path, {"name": "New", "prefix": "newprefix", "baseUrl": upstream.base})["node"]
        assert (changed["name"], changed["prefix"]) == ("New", "newprefix")
        assert call("DELETE", path) == {"success": True}
        assert call("GET", "/api/provider-nodes")["nodes"] == []
        assert call("GET", "/api/providers")["connections"] == [], "the accounts of the node went with it"
        call("DELETE", path, expect=404)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": "x"},
            {"name": "x", "prefix": "y", "type": "openai-compatible", "apiType": "nonsense"},
            {"name": "x", "prefix": "y", "type": "nonsense"},
            {"name": "x", "prefix": "y", "type": "openai-compatible", "apiType": "chat", "chatPath": "no-slash"},
            {"name": "x", "prefix": "y", "type": "openai-compatible", "apiType": "chat", "baseUrl": "not a url"},
        ],
    )
    def test_bad_input(self, management: Management, body: object) -> None:
        management.call("POST", "/api/provider-nodes", body, expect=400)

    def test_a_path_of_ones_own(self, management: Management, gateway: Gateway, upstream: ScriptedUpstream) -> None:
        prefix = management.add_node("openai", upstream.origin, chatPath="/custom/v9/chat/completions")
        body = {"model": f"{prefix}/text", "messages": [{"role": "user", "content": "Hi"}]}
        assert httpx.post(gateway.origin + "/v1/chat/completions", json=body).status_code == 200
        assert upstream.requests.last("text").path == "/custom/v9/chat/completions"


class TestCombos:
    def test_life(self, own: Own, upstream: ScriptedUpstream) -> None:
        call = own.management.call
        prefix = own.management.add_node("openai", upstream.base)
        models = [f"{prefix}/a", {"model": f"{prefix}/b", "weight": 30}]
        made = call("POST", "/api/combos", {"name": "coding", "models": models}, expect=201)
        assert made["name"] == "coding"
        assert made["strategy"] == "priority"
        assert [step["kind"] for step in made["models"]] == ["model", "model"]
        assert [step["model"] for step in made["models"]] == [f"{prefix}/a", f"{prefix}/b"]
        path = f"/api/combos/{made['id']}"
        assert call("GET", path)["name"] == "coding"
        assert [combo["name"] for combo in call("GET", "/api/combos")["combos"]] == ["coding"]
        outer = call("POST", "/api/combos", {"name": "outer", "models": ["coding"]}, expect=201)
        assert outer["models"][0]["kind"] == "combo-ref"
        assert call("PUT", path, {"name": "renamed", "config": {"maxRetries": 0}})["name"] == "renamed"
        assert call("GET", f"/api/combos/{outer['id']}")["models"][0]["comboName"] == "renamed"
        call("DELETE", f"/api/combos/{outer['id']}")
        assert call("DELETE", path) == {"success": True}
        call("GET", path, expect=404)

    def test_names_are_unique(self, management: Management, prefixes: dict[str, str]) -> None:
        name = management.add_combo(f"{prefixes['openai']}/text")
        management.call("POST", "/api/combos", {"name": name, "models": []}, expect=400)

    def test_circles_are_refused(self, management: Management) -> None:
        first = management.call("POST", "/api/combos", {"name": "circle-a", "models": ["x/y"]}, expect=201)
        management.call("POST", "/api/combos", {"name": "circle-b", "models": ["circle-a"]}, expect=201)
        management.call("PUT", f"/api/combos/{first['id']}", {"models": ["circle-b"]}, expect=400)

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": ""},
            {"name": "bad|name"},
            {"name": "x" * 101},
            {"name": "x", "models": "text"},
            {"name": "x", "config": {"maxRetries": 99}},
            {"name": "x", "config": {"nonsense": 1}},
            {"name": "x", "tool_filter_regex": "("},
        ],
    )
    def test_bad_input(self, management: Management, body: object) -> None:
        management.call("POST", "/api/combos", body, expect=400)

    def test_order(self, own: Own) -> None:
        ids = [
            own.management.call("POST", "/api/combos", {"name": f"c{n}", "models": ["x/y"]}, expect=201)["id"]
            for n in range(3)
        ]
        own.management.call("POST", "/api/combos/reorder", {"comboIds": ids[::-1]})
        assert [combo["id"] for combo in own.management.call("GET", "/api/combos")["combos"]] == ids[::-1]


def test_prices_cover_the_catalogue(management: Management) -> None:
    prices = management.call("GET", "/api/pricing")
    assert prices["openai"]["gpt-4o"]["input"] == 2.5
    assert set(prices["openai"]["gpt-4o"]) >= {"input", "output", "cached", "reasoning", "cache_creation"}


def test_everything_survives_a_restart(own: Own, upstream: ScriptedUpstream) -> None:
    prefix = own.management.add_node("openai", upstream.base)
    combo = own.management.add_combo(f"{prefix}/text")
    key = own.management.add_key("kept")
    own.gateway.stop()
    own.gateway.start()
    again = Management(own.gateway)
    assert [node["prefix"] for node in again.call("GET", "/api/provider-nodes")["nodes"]] == [prefix]
    assert [item["name"] for item in again.call("GET", "/api/combos")["combos"]] == [combo]
    again.close()
    body = {"model": combo, "messages": [{"role": "user", "content": "Hi"}]}
    headers = {"authorization": f"Bearer {key['key']}"}
    assert httpx.post(own.gateway.origin + "/v1/chat/completions", json=body, headers=headers).status_code == 200


def test_shutdown(own: Own) -> None:
    assert own.management.call("POST", "/api/shutdown")["success"] is True
    assert own.gateway.wait_exit(15) == 0
