// The MCP server by the plain address: each client is told to sign in, its user opens the link that
// it shows, lets it in on the consent page, and takes that back in the end.
"use strict";

const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");
const { BASE_URL, run } = require("./checks.cjs");
const { GENERATIONS, said } = require("./mcp.cjs");

const LAUNCHER = path.join(__dirname, "../../runspace");
const REMOTE = path.join(path.dirname(require.resolve("mcp-remote/package.json")), "dist/proxy.js");
const SUITE = path.join(
  path.dirname(require.resolve("@modelcontextprotocol/conformance/package.json")), "dist/index.js",
);
const SERVER = new URL(`${BASE_URL}/mcp`);
const CALLBACK = "http://127.0.0.1:5599/callback";

/** What a browser of the holder would do: it keeps cookies and follows links within the service. */
class Visitor {
  cookies = new Map();

  async ask(url, form) {
    const at = new URL(url, BASE_URL);
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    if (form) headers.origin = BASE_URL;
    const body = form && new URLSearchParams(form);
    const answer = await fetch(at, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    if (!next) return { status: answer.status, text: await answer.text() };
    const to = new URL(next, at);
    return to.origin === BASE_URL ? this.ask(to) : { to };
  }

  async signIn() {
    const words = ["open", "--data", process.env.RUNSPACE_DATA];
    const link = /http\S+/.exec(execFileSync(LAUNCHER, words, { encoding: "utf8" }))[0];
    await this.ask(link);
  }

  /** Opens the link that an app shows and lets it in; where the answer for the app goes. */
  async letIn(link, cap) {
    const { text } = await this.ask(link);
    const field = (name) => {
      const found = new RegExp(`name="${name}" value="([^"]+)"`).exec(text);
      assert.ok(found, `no ${name} on the page: ${text.slice(0, 300)}`);
      return found[1];
    };
    const { to, status } = await this.ask("/oauth/consent", {
      request: field("request"), token: field("token"), decision: "approve",
      life: /<option value="([^"]+)"/.exec(text)[1], cap,
    });
    assert.ok(to, `not let in: ${status}`);
    return to;
  }

  /** Takes access back from the app of that name. */
  async end(name) {
    const { text } = await this.ask("/apps");
    const part = text.slice(text.indexOf(name));
    const action = /action="(\/apps\/[^"]+)"/.exec(part);
    assert.ok(text.includes(name) && action, `no ${name} among the apps`);
    await this.ask(action[1], {});
  }
}

/** What a client keeps of a server, as the official client asks for it. */
function provider(name) {
  const kept = {};
  return {
    kept,
    redirectUrl: CALLBACK,
    clientMetadata: {
      client_name: name, redirect_uris: [CALLBACK], token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
    },
    state: () => "st-123",
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => { kept.tokens = tokens; },
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state) => { kept.discovery = state; },
    redirectToAuthorization: (url) => { kept.link = url; },
  };
}

async function listAndRun(client, call) {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ["list_models", "run_model"]);
  const list = await call(client, { name: "list_models", arguments: {} });
  assert.match(said(list), /scripted\/plain/);
  const answer = await call(client, {
    name: "run_model", arguments: { model: "scripted/plain", prompt: "Name three fruits." },
  });
  assert.equal(said(answer), "Apples, pears and plums.");
}

/** Opens the address at which a client waits. It shows its link a moment before it listens. */
async function arrive(url) {
  for (let left = 100; ; left--) {
    try {
      return await fetch(url);
    } catch (e) {
      if (left === 0) throw e;
      await new Promise((next) => setTimeout(next, 100));
    }
  }
}

const visitor = new Visitor();
const checks = {
  async "the owner signs in by a link"() {
    await visitor.signIn();
  },
};

for (const [name, { Http, connect, call }] of Object.entries(GENERATIONS)) {
  const app = `acceptance ${name}`;
  const auth = provider(app);

  checks[`${name}: from the plain address to an answer`] = async () => {
    const first = new Http(SERVER, { authProvider: auth });
    await assert.rejects(connect(first));
    const back = await visitor.letIn(auth.kept.link, "0.25");
    assert.equal(back.origin + back.pathname, CALLBACK);
    assert.equal(back.searchParams.get("state"), "st-123");
    assert.equal(back.searchParams.get("iss"), `${BASE_URL}/oauth`);
    await first.finishAuth(back.searchParams.get("code"), back.searchParams.get("iss"));
    const client = await connect(new Http(SERVER, { authProvider: auth }));
    await listAndRun(client, call);
    await client.close();
  };

  checks[`${name}: renews its token by itself`] = async () => {
    const before = auth.kept.tokens.access_token;
    auth.kept.tokens = { ...auth.kept.tokens, access_token: "rso_at_over" };
    const client = await connect(new Http(SERVER, { authProvider: auth }));
    await listAndRun(client, call);
    await client.close();
    assert.notEqual(auth.kept.tokens.access_token, "rso_at_over");
    assert.notEqual(auth.kept.tokens.access_token, before);
  };

  checks[`${name}: is out when its user ends it`] = async () => {
    await visitor.end(app);
    const answer = await fetch(SERVER, {
      method: "POST", body: "{}",
      headers: { authorization: `Bearer ${auth.kept.tokens.access_token}` },
    });
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate"), /error="invalid_token".*resource_metadata=/);
  };
}

checks["mcp-remote: from the plain address to an answer"] = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "runspace-mcp-remote-"));
  const { Stdio, connect, call } = GENERATIONS["client 1"];
  const transport = new Stdio({
    command: process.execPath, args: [REMOTE, SERVER.href], stderr: "pipe",
    // It would open a browser, and finds a program that does nothing.
    env: { ...process.env, HOME: folder, BROWSER: "/bin/true", MCP_REMOTE_CONFIG_DIR: folder },
  });
  try {
    const link = new Promise((found) => {
      let text = "";
      transport.stderr.on("data", (piece) => {
        text += piece;
        const shown = /(http\S+\/oauth\/authorize\?\S+)\s/.exec(text);
        if (shown) found(shown[1]);
      });
    });
    const connected = connect(transport);
    const back = await visitor.letIn(await link, "");
    assert.equal((await arrive(back)).status, 200);
    const client = await connected;
    await listAndRun(client, call);
    await client.close();
  } finally {
    await transport.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

// The official suite plays the app; it shows a link and waits behind it.
checks["conformance: both authorization scenarios"] = async () => {
  const port = 5598;
  const registered = await fetch(`${BASE_URL}/oauth/register`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: "conformance", redirect_uris: [`http://127.0.0.1:${port}/callback`],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id } = await registered.json();
  const suite = spawn(process.execPath, [
    SUITE, "authorization", "--url", `${BASE_URL}/oauth`, "--client-id", client_id,
    "--resource", SERVER.href, "-p", port,
  ], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const ended = new Promise((end) => suite.on("close", end));
  const link = new Promise((found) => {
    for (const stream of [suite.stdout, suite.stderr]) {
      stream.on("data", (piece) => {
        text += piece;
        const shown = /(http\S+\/oauth\/authorize\?\S+)\s/.exec(text);
        if (shown) found(shown[1]);
      });
    }
  });
  const shown = await Promise.race([link, ended]);
  assert.equal(typeof shown, "string", text.slice(-300));
  await arrive(await visitor.letIn(shown, "1"));
  assert.equal(await ended, 0, text.slice(-300));
  for (const name of ["authorization-server-metadata-endpoint", "authorization-code-grant"]) {
    assert.ok(text.includes(name), `${name} was not run`);
  }
};

run(checks);
