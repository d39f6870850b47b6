"""API keys: required, presented in every way clients know, revoked, limited; and the management login."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from .support import wire
from .support.clients import CLIENTS, Client, refused
from .support.conversation import Question
from .support.gateway import PASSWORD, Gateway
from .support.management import Management, eventually
from .upstream import ScriptedUpstream
from .upstream.answers import HELLO


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedUpstream) -> Iterator[Management]:
    """A gateway that requires keys, with a provider `up`."""
    process = Gateway(tmp_path_factory.mktemp("locked"), environment={"REQUIRE_API_KEY": "true"}).start()
    session = Management(process)
    session.gateway = process
    session.add_node("openai", upstream.base, prefix="up")
    yield session
    session.close()
    process.stop()


def client_with(locked: Management, dialect: str, key: str) -> Client:
    return CLIENTS[dialect](locked.gateway.origin, key)


@pytest.fixture(params=CLIENTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


NAMED_HEADERS = {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}
BODY = {"model": "up/text", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10}


def test_without_a_key_nothing_is_answered(locked: Management, upstream: ScriptedUpstream) -> None:
    before = len(upstream.requests.all())
    for dialect in CLIENTS:
        path, body = wire.request(dialect, "up/text")
        answer = httpx.post(locked.gateway.origin + path, json=body)
        assert answer.status_code == 401, path
        assert wire.error_in_body(dialect, 401, answer.json())
    for path in ("/v1/models", "/v1beta/models", "/api/tags"):
        assert httpx.get(locked.gateway.origin + path).status_code == 401, path
    assert len(upstream.requests.all()) == before


@pytest.mark.parametrize("key", ["wrong", "sk-0123456789abcdef-a1b2c3-00000000", "", "' OR 1=1 --", "x" * 5000])
def test_a_wrong_key_is_refused(locked: Management, dialect: str, key: str) -> None:
    header = {"authorization": f"Bearer {key or '-'}"}
    if dialect in NAMED_HEADERS:
        header = {NAMED_HEADERS[dialect]: key}
    path, body = wire.request(dialect, "up/text")
    answer = httpx.post(locked.gateway.origin + path, json=body, headers=header)
    assert answer.status_code == 401
    assert wire.error_in_body(dialect, 401, answer.json())


def test_a_key_works_with_the_sdk(locked: Management, dialect: str) -> None:
    client = client_with(locked, dialect, locked.add_key()["key"])
    assert client.ask("up/text", Question(), stream=False).text == HELLO
    client.close()


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "x-goog-api-key"])
def test_every_way_to_carry_a_key(locked: Management, dialect: str, header: str) -> None:
    key = locked.add_key()["key"]
    headers = {header: f"Bearer {key}" if header == "authorization" else key}
    path, body = wire.request(dialect, "up/text")
    assert httpx.post(locked.gateway.origin + path, json=body, headers=headers).status_code == 200


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_a_key_in_geminis_address(locked: Management, streamed: bool) -> None:
    """It works, and it is in no log."""
    key = locked.add_key("in the address")["key"]
    path, body = wire.request("gemini", "up/text", stream=streamed)
    keyed = f"{path}{'&' if '?' in path else '?'}key={key}"
    assert httpx.post(locked.gateway.origin + keyed, json=body).status_code == 200
    assert httpx.get(f"{locked.gateway.origin}/v1beta/models?key={key}").json()["models"]
    assert httpx.post(locked.gateway.origin + keyed + "x", json=body).status_code == 401
    assert httpx.post(f"{locked.gateway.origin}/v1/chat/completions?key={key}", json=BODY).status_code == 401
    assert key not in locked.gateway.output


def test_two_different_keys_in_one_request_are_refused(locked: Management) -> None:
    first, second = locked.add_key("first")["key"], locked.add_key("second")["key"]
    headers = {"authorization": f"Bearer {first}", "x-api-key": second, "anthropic-version": "2023-06-01"}
    assert httpx.post(locked.gateway.origin + "/v1/messages", json=BODY, headers=headers).status_code == 400
    headers["x-api-key"] = first
    assert httpx.post(locked.gateway.origin + "/v1/messages", json=BODY, headers=headers).status_code == 200


def test_a_key_is_shown_once(locked: Management) -> None:
    made = locked.add_key("shown once")
    assert made["key"].startswith("sk-")
    listing = locked.call("GET", "/api/keys")
    row = next(row for row in listing["keys"] if row["id"] == made["id"])
    assert made["key"] not in repr(listing)
    assert row["key"].endswith(made["key"][-4:])
    assert made["key"] not in repr(locked.call("GET", f"/api/keys/{made['id']}"))
    locked.call("GET", f"/api/keys/{made['id']}/reveal", expect=403)


def test_a_deleted_key_stops_working_at_once(locked: Management, dialect: str) -> None:
    made = locked.add_key("deleted")
    client = client_with(locked, dialect, made["key"])
    client.ask("up/text", Question(), stream=False)
    locked.call("DELETE", f"/api/keys/{made['id']}")
    with refused(client, 401):
        client.ask("up/text", Question(), stream=False)
    client.close()


def test_a_regenerated_key_replaces_the_old_one(locked: Management) -> None:
    made = locked.add_key("regenerated")
    fresh = locked.call("POST", f"/api/keys/{made['id']}/regenerate")["key"]
    assert fresh != made["key"]
    old, new = client_with(locked, "openai", made["key"]), client_with(locked, "openai", fresh)
    assert new.ask("up/text", Question(), stream=False).text == HELLO
    with pytest.raises(old.exceptions.AuthenticationError):
        old.ask("up/text", Question(), stream=False)
    old.close()
    new.close()


@pytest.mark.parametrize(
    "change",
    [
        {"isActive": False},
        {"isBanned": True},
        {"expiresAt": "2020-01-01T00:00:00.000Z"},
        {"allowedModels": ["other/*"]},
    ],
)
def test_a_key_that_may_not(locked: Management, dialect: str, change: dict[str, object]) -> None:
    made = locked.add_key("may not")
    locked.call("PATCH", f"/api/keys/{made['id']}", change)
    client = client_with(locked, dialect, made["key"])
    with refused(client, 403):
        client.ask("up/text", Question(), stream=False)
    client.close()


def test_a_key_with_allowed_models(locked: Management) -> None:
    made = locked.add_key("allowed")
    locked.call("PATCH", f"/api/keys/{made['id']}", {"allowedModels": ["up/*"]})
    client = client_with(locked, "openai", made["key"])
    assert client.ask("up/text", Question(), stream=False).text == HELLO
    client.close()


def test_the_last_use_of_a_key_is_noted(locked: Management) -> None:
    made = locked.add_key("used")
    client = client_with(locked, "openai", made["key"])
    client.ask("up/text", Question(), stream=False)
    client.close()
    eventually(lambda: locked.call("GET", f"/api/keys/{made['id']}").get("lastUsedAt"), "lastUsedAt")


def test_an_ordinary_key_opens_no_management_route(locked: Management) -> None:
    key = locked.add_key("ordinary")["key"]
    for path in ("/api/keys", "/api/providers", "/api/combos", "/api/usage/history"):
        assert httpx.get(locked.gateway.origin + path, headers={"authorization": f"Bearer {key}"}).status_code == 403


def test_a_key_with_the_scope_manage_does(locked: Management) -> None:
    key = locked.add_key("manager", scopes=["manage"])["key"]
    answer = httpx.get(locked.gateway.origin + "/api/providers", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200


def test_management_needs_the_login(locked: Management) -> None:
    with httpx.Client(base_url=locked.gateway.origin) as http:
        for method, path in (
            ("GET", "/api/keys"),
            ("POST", "/api/keys"),
            ("GET", "/api/providers"),
            ("POST", "/api/provider-nodes"),
            ("GET", "/api/combos"),
            ("GET", "/api/usage/history"),
            ("GET", "/api/pricing"),
            ("POST", "/api/shutdown"),
            ("GET", "/api/no-such-route"),
        ):
            answer = http.request(method, path, json={} if method == "POST" else None)
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.json()["error"]["code"] == "AUTH_001"
            assert answer.headers["x-request-id"]
        assert http.get("/api/auth/status").json() == {"authenticated": False}


def test_login_and_logout(locked: Management) -> None:
    with httpx.Client(base_url=locked.gateway.origin) as http:
        answer = http.post("/api/auth/login", json={"password": PASSWORD})
        assert answer.json() == {"success": True}
        cookie = answer.headers["set-cookie"].lower()
        assert cookie.startswith("auth_token=")
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert http.get("/api/auth/status").json() == {"authenticated": True}
        stolen = dict(http.cookies)
        assert http.post("/api/auth/logout").json() == {"success": True}
        assert http.get("/api/auth/status").json() == {"authenticated": False}
        assert httpx.get(locked.gateway.origin + "/api/keys", cookies=stolen).status_code == 401, (
            "revoked, not forgotten"
        )


def test_a_session_cannot_be_used_from_a_foreign_page(locked: Management) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        answer = locked.http.post("/api/keys", json={"name": "stolen"}, headers=headers)
        assert answer.status_code == 403, headers


def test_guessing_passwords_is_slowed_down(new_gateway) -> None:  # noqa: ANN001
    gateway = new_gateway().start()
    with httpx.Client(base_url=gateway.origin, timeout=20) as http:
        codes = [http.post("/api/auth/login", json={"password": f"guess{i}"}).status_code for i in range(6)]
        assert codes[:4] == [401] * 4
        assert codes[-1] == 429
        locked_out = http.post("/api/auth/login", json={"password": PASSWORD})
        assert locked_out.status_code == 429, "the right password must not help while locked"
        assert int(locked_out.headers["retry-after"]) > 0


@pytest.mark.parametrize("host", ["evil.example", "evil.example:20128", "127.0.0.1.nip.example"])
def test_a_foreign_host_name_is_refused(locked: Management, host: str) -> None:
    assert httpx.get(locked.gateway.origin + "/v1/models", headers={"host": host}).status_code == 421
    assert httpx.get(locked.gateway.origin + "/api/auth/status", headers={"host": host}).status_code == 421


def test_without_keys_a_web_page_cannot_use_the_gateway(gateway: Gateway, prefixes: dict[str, str]) -> None:
    body = {"model": f"{prefixes['openai']}/text", "messages": [{"role": "user", "content": "Hi"}]}
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}):
        answer = httpx.post(gateway.origin + "/v1/chat/completions", json=body, headers=headers)
        assert answer.status_code == 403
