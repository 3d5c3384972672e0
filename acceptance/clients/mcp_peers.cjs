// Who runspace-mcp talks to in its checks: a door before the service that notes what passes, an
// Ollama with two models, and a proxy.
"use strict";

const http = require("node:http");

/** A server on a free port of the loopback address. */
class Peer {
  constructor() {
    this.clear();
    this.running = 0;
    this.server = http.createServer((request, answer) => this.came(request, answer));
    this.listening = new Promise((resolve) => {
      this.server.listen(0, "127.0.0.1", () => {
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        resolve();
      });
    });
  }

  clear() {
    this.seen = [];
  }

  came(request, answer) {
    this.running++;
    answer.on("close", () => this.running--);
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      this.seen.push({ path: request.url, headers: request.headers, body });
      this.answer(request, answer, body);
    });
  }

  /** Asks that service the same and passes its answer on; a client that leaves ends that too. */
  pass(to, request, answer, body) {
    const { method, headers } = request;
    const asked = http.request(to, { method, headers: { ...headers, host: new URL(to).host } });
    asked.on("response", (said) => {
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    });
    asked.on("error", () => answer.destroy());
    answer.on("close", () => asked.destroy());
    asked.end(body);
  }
}

class Front extends Peer {
  constructor(service) {
    super();
    this.service = service;
  }

  answer(request, answer, body) {
    this.pass(this.service + request.url, request, answer, body);
  }
}

class Ollama extends Peer {
  answer(request, answer, body) {
    if (request.url === "/api/tags") {
      answer.end(JSON.stringify({ models: [{ name: "tiny:1b" }, { name: "slow:1b" }] }));
      return;
    }
    const { model } = JSON.parse(body);
    if (model === "tiny:1b") {
      stream(answer, ["Plums", "."], 0);
    } else if (model === "slow:1b") {
      stream(answer, Array(3).fill(["Plums, one by one, ", "all the way down", " to the last."]).flat(), 350);
    } else {
      answer.writeHead(404, { "content-type": "application/json" });
      answer.end(JSON.stringify({ error: { message: `model "${model}" not found` } }));
    }
  }
}

function stream(answer, pieces, millis) {
  answer.writeHead(200, { "content-type": "text/event-stream" });
  const event = (delta, finish_reason = null) =>
    answer.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  const next = (at) => {
    if (answer.destroyed) return;
    if (at < pieces.length) {
      event({ content: pieces[at] });
      setTimeout(next, millis, at + 1);
    } else {
      event({}, "stop");
      answer.end("data: [DONE]\n\n");
    }
  };
  next(0);
}

/** Passes what is sent in clear on to the service, and closes tunnels once it heard their start. */
class Proxy extends Peer {
  constructor(front) {
    super();
    this.server.on("connect", (request, socket) => {
      this.seen.push(`CONNECT ${request.url}`);
      socket.on("error", () => {});
      socket.on("data", (piece) => {
        this.heard += piece.toString("latin1");
        socket.destroy();
      });
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
    });
    this.front = front;
  }

  clear() {
    super.clear();
    this.heard = "";
  }

  answer(request, answer, body) {
    this.seen.pop();
    this.seen.push(`${request.method} ${request.url}`);
    this.pass(this.front.url + new URL(request.url).pathname, request, answer, body);
  }
}

module.exports = { Front, Ollama, Proxy };
