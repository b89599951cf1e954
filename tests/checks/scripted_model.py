"""A server on loopback that answers as a script says, in the manner of an OpenAI-compatible one, to try checks with."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], Any]


@dataclass
class Served:
    """Where it listens, and every request that came, with its headers."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


def completion(text: str, *, calls: tuple[tuple[str, str], ...] = (), finish: str = "stop", tokens: int = 10) -> Any:
    """A chat completion as the interface gives it."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for at, (name, arguments) in enumerate(calls)
        ]
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 5, "completion_tokens": tokens - 5, "total_tokens": tokens},
    }


@contextmanager
def serving(script: Script) -> Iterator[Served]:
    """Serves until the block ends. A script gives a completion, ``(status, headers, body)``, or None to hang up."""
    served = Served("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def answer(self, body: dict[str, Any]) -> None:
            served.requests.append({"path": self.path, "method": self.command, **body})
            served.headers.append({name.lower(): value for name, value in self.headers.items()})
            found = script(body)
            if found is None:
                self.close_connection = True
                return
            status, headers, data = found if isinstance(found, tuple) else (200, {}, found)
            raw = data if isinstance(data, bytes) else json.dumps(data).encode()
            self.send_response(status)
            for name, value in {"content-type": "application/json", "content-length": str(len(raw)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refuses(_body: dict[str, Any]) -> Any:
    """The model that declines everything."""
    return completion("I'm sorry, but I can't help with that.")


def leaks(body: dict[str, Any]) -> Any:
    """The model that repeats all it was told, and calls the last tool it was offered."""
    told = "\n".join(str(message.get("content") or "") for message in body["messages"])
    tools = body.get("tools") or ()
    calls = tuple((tool["function"]["name"], "{}") for tool in tools[-1:])
    return completion(f"Sure. {told}", calls=calls)
