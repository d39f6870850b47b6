"""The stand-in as a server on 127.0.0.1, in a thread of its own so that blocking tests can talk to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import defaultdict

from . import anthropic_messages, gemini, ollama, openai_chat
from .behaviours import JSON, Behaviour, by_model
from .exchange import Connection, Exchange, PeerGoneError
from .record import Journal, Recorded
from .stored import StoredResponses

COUNT = 2095
"""What every count of tokens says."""


class ScriptedUpstream:
    """Answers by model name (`behaviours.BY_MODEL`) unless the test has scripted the model or the credential."""

    def __init__(self, port: int = 0) -> None:
        self.requests = Journal()
        self.connections = 0
        self.problems: list[str] = []
        self.stored = StoredResponses()
        self._port = port
        self._scripts: dict[str, list[Behaviour]] = {}
        self._used: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted-upstream", daemon=True)

    # Control, from the test's thread

    def start(self) -> ScriptedUpstream:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def port(self) -> int:
        return self._port

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        """The base URL in the form in which OpenAI and Anthropic document theirs."""
        return f"{self.origin}/v1"

    def base_of(self, dialect: str) -> str:
        """The base URL in the form in which the vendor of a dialect documents it."""
        return {"gemini": f"{self.origin}/v1beta", "ollama": self.origin}.get(dialect, self.base)

    def script(self, name: str, *behaviours: Behaviour) -> str:
        """Answers requests for model or credential `name` with these, in turn; the last one stays. Returns `name`."""
        with self._lock:
            self._scripts[name] = list(behaviours)
            self._used[name] = 0
        return name

    # The server, on its own loop

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=1 << 20, backlog=4096)
        )
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = Connection(self.connections, reader, writer)
        try:
            while request := await connection.next_request():
                self.requests.add(request)
                exchange = Exchange(connection, request, self.stored)
                await self._respond(exchange)
                request.mark_finished()
                if not exchange.keeps_alive:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _respond(self, exchange: Exchange) -> None:
        behaviour = asyncio.ensure_future(self._behave(exchange))
        gone = asyncio.ensure_future(exchange.connection.until_gone())
        done, _ = await asyncio.wait({behaviour, gone}, return_when=asyncio.FIRST_COMPLETED)
        if behaviour not in done:
            exchange.request.mark_gone()
            exchange.keeps_alive = False
        for task in (behaviour, gone):
            task.cancel()
        results = await asyncio.gather(behaviour, gone, return_exceptions=True)
        match results[0]:
            case PeerGoneError() | ConnectionError():
                exchange.request.mark_gone()
                exchange.keeps_alive = False
            case Exception() as problem:
                self.problems.append(repr(problem))
                exchange.close()

    async def _behave(self, exchange: Exchange) -> None:
        request = exchange.request
        last = request.action or request.path.rstrip("/").rsplit("/", 1)[-1]
        match (request.method, request.dialect, last):
            case ("POST", _, "completions" | "messages" | "chat" | "generateContent" | "streamGenerateContent"):
                await self._choose(request)(exchange)
            case ("POST", "responses", "responses"):
                request.earlier = self.stored.items_before(request)
                await self._choose(request)(exchange)
            case ("POST", _, "count_tokens" | "input_tokens"):
                await exchange.whole(200, [JSON], json.dumps({"input_tokens": COUNT}).encode())
            case ("POST", "gemini", "countTokens"):
                await exchange.whole(200, [JSON], json.dumps({"totalTokens": COUNT}).encode())
            case ("GET", "gemini", name):
                listing = gemini.models() if name == "models" else json.dumps(gemini.model(name)).encode()
                await exchange.whole(200, [JSON], listing)
            case ("GET", "ollama", "tags"):
                await exchange.whole(200, [JSON], ollama.models())
            case ("GET", _, "models"):
                listing = anthropic_messages if request.header("anthropic-version") else openai_chat
                await exchange.whole(200, [JSON], listing.models())
            case (_, "responses", _):
                status, body = self.stored.answer(request)
                await exchange.whole(status, [JSON], body)
            case _:
                message = f"Invalid URL ({request.method} {request.target})"
                await exchange.whole(404, [JSON], openai_chat.error(404, message))

    def _choose(self, request: Recorded) -> Behaviour:
        model = request.model or ""
        with self._lock:
            for name in (request.credential or "", model):
                if script := self._scripts.get(name):
                    index = min(self._used[name], len(script) - 1)
                    self._used[name] += 1
                    return script[index]
        return by_model(model)
