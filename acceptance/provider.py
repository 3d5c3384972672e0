"""A provider that does on demand what a small real model cannot.

It speaks the OpenAI-compatible API on a free port of the loopback address. The model id of a
request selects what happens; the functions under "scripts" say what each does. Requests are kept,
and clients ask for them by the `user` field that they sent:

    GET  /control/requests?user=NAME     the requests so far: [{"headers": {…}, "body": "…"}, …]
    POST /control/release?user=NAME      lets a request of the script `gate` go on

Standard library only.
"""

import json
import socket
import struct
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

GATE_SECONDS = 30
RESET_AFTER_SECONDS = 0.3
CITIES = ("Oslo", "Rome")
TEXT = ["Apples", ", pears", " and plums."]


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Peer)
        self.requests = defaultdict(list)
        self.gates = defaultdict(threading.Event)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A gateway that leaves is no event here."""

    def stop(self):
        for gate in list(self.gates.values()):
            gate.set()
        self.shutdown()
        self.server_close()


class Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Each event in a segment of its own.
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/v1/models":
            names = [name[7:].replace("_", "-") for name in dir(self) if name.startswith("script_")]
            self.json(200, {"object": "list", "data": [{"id": name} for name in names]})
            return
        self.json(200, self.server.requests[self.control("/control/requests")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        if not self.path.startswith("/v1/"):
            self.server.gates[self.control("/control/release")].set()
            self.json(200, {})
            return
        self.call = json.loads(body)
        self.user = self.call.get("user", "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen = self.server.requests[self.user]
        self.seen.append({"headers": headers, "body": body})
        getattr(self, "script_" + self.call["model"].replace("-", "_"))()

    def control(self, path):
        parts = urlsplit(self.path)
        if parts.path != path:
            raise ValueError(f"no such path: {self.path}")
        return parse_qs(parts.query)["user"][0]

    # --- scripts -----------------------------------------------------------------------------

    def script_plain(self):
        """A short text."""
        self.answer([{"content": piece} for piece in TEXT], {"content": "".join(TEXT)})

    def script_quiet(self):
        """A short text, and never a word about usage."""
        deltas = [{"content": piece} for piece in TEXT]
        self.answer(deltas, {"content": "".join(TEXT)}, usage=False)

    def script_tools(self):
        """Two calls of the first tool, and once their results are there, a text that has them."""
        if "tools" not in self.call:
            self.error(400, "no tools came")
            return
        results = [m["content"] for m in self.call["messages"] if m["role"] == "tool"]
        if results:
            text = " ".join(["Results:", *results])
            self.answer([{"content": text}], {"content": text})
            return
        name = self.call["tools"][0]["function"]["name"]
        calls, deltas = [], []
        for index, city in enumerate(CITIES):
            call_id, arguments = f"call_{index}", json.dumps({"city": city})
            function = {"name": name, "arguments": arguments}
            calls.append({"id": call_id, "type": "function", "function": function})
            first = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
            deltas.append({"tool_calls": [{"index": index, **first}]})
            for piece in (arguments[:3], arguments[3:8], arguments[8:]):
                deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        self.answer(deltas, {"content": None, "tool_calls": calls}, finish="tool_calls")

    def script_reasoning(self):
        """Thinks aloud, under both names that are in use, and then answers."""
        thought = {"reasoning_content": "Let me see.", "reasoning": "Let me see."}
        self.answer([thought, {"content": "Plums."}], {**thought, "content": "Plums."})

    def script_schema(self):
        """JSON for a schema with `fruits`; nothing else will do."""
        schema = self.call.get("response_format", {}).get("json_schema", {}).get("schema", {})
        if "fruits" not in schema.get("properties", {}):
            self.error(400, "no schema came")
            return
        text = '{"fruits": ["apple", "pear"]}'
        self.answer([{"content": text[:9]}, {"content": text[9:]}], {"content": text})

    def script_gate(self):
        """Streams one piece, and the rest only when it is released."""
        self.begin()
        self.event(self.chunk({"role": "assistant", "content": TEXT[0]}))
        self.server.gates[self.user].wait(GATE_SECONDS)
        self.finish("stop", {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6})

    def script_greedy(self):
        """Uses up all the output tokens that it may have."""
        most = self.call["max_tokens"]
        used = {"prompt_tokens": 5, "completion_tokens": most, "total_tokens": 5 + most}
        self.answer([{"content": "a"}], {"content": "a"}, finish="length", usage=used)

    def script_reset(self):
        """Three pieces, then the connection is reset."""
        self.pieces()
        # A reset throws away what the other side has not read yet.
        time.sleep(RESET_AFTER_SECONDS)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def script_cut(self):
        """Three pieces, then an end in good order, without a finish_reason."""
        self.pieces()
        self.wfile.write(b"0\r\n\r\n")

    def script_fails(self):
        """500, with words that are nobody's business."""
        self.error(500, "worker-7.internal ran out of memory")

    def script_long(self):
        """400: the prompt does not fit."""
        message = (
            "This model's maximum context length is 8192 tokens."
            " However, your messages resulted in 9000 tokens."
        )
        self.error(400, message, code="context_length_exceeded")

    def script_busy(self):
        """429, always."""
        self.error(429, "too many requests", {"retry-after": "1"})

    def script_busy_once(self):
        """429 for the first request of each user, then as `plain`."""
        if len(self.seen) == 1:
            self.script_busy()
        else:
            self.script_plain()

    # --- wire --------------------------------------------------------------------------------

    def answer(self, deltas, message, finish="stop", usage=True):
        if usage is True:
            usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        if not self.call.get("stream"):
            message = {"role": "assistant", **message}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            whole = self.frame("chat.completion", [choice])
            self.json(200, {**whole, "usage": usage} if usage else whole)
            return
        self.begin()
        self.event(self.chunk({"role": "assistant", "content": ""}))
        for delta in deltas:
            self.event(self.chunk(delta))
        self.finish(finish, usage)

    def frame(self, kind, choices):
        head = {"id": "peer-1", "object": kind, "created": 1700000000}
        return {**head, "model": "a-peer's-name", "choices": choices}

    def chunk(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return self.frame("chat.completion.chunk", [choice])

    def begin(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def pieces(self):
        self.begin()
        for piece in TEXT:
            self.event(self.chunk({"role": "assistant", "content": piece}))

    def event(self, value):
        text = value if isinstance(value, str) else json.dumps(value)
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def finish(self, reason, usage):
        self.event(self.chunk({}, reason))
        if usage and self.call.get("stream_options", {}).get("include_usage"):
            self.event({**self.frame("chat.completion.chunk", []), "usage": usage})
        self.event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def error(self, status, message, headers=None, code=None):
        error = {"message": message, "type": "error", "param": None, "code": code}
        self.json(status, {"error": error}, headers)

    def json(self, status, value, headers=None):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """The clients say what was wrong."""
