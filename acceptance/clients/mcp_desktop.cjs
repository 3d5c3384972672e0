// runspace-mcp/index.js, over stdio, as Claude Desktop starts it: with both generations of the
// client, before the running service and an Ollama that is scripted here, and as a bundle.
"use strict";

const assert = require("node:assert/strict");
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { BASE_URL, KEY, run } = require("./checks.cjs");
const { GENERATIONS, said } = require("./mcp.cjs");
const { Front, Ollama, Proxy } = require("./mcp_peers.cjs");

const PROGRAM = path.join(__dirname, "..", "..", "runspace-mcp", "index.js");
const NOWHERE = "http://127.0.0.1:9";
const PROMPT = "Name three fruits.";
const MCPB = path.join(process.env.NODE_PATH, "@anthropic-ai", "mcpb", "dist", "cli", "cli.js");

const front = new Front(BASE_URL);
const ollama = new Ollama();
const proxy = new Proxy(front);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "runspace-desktop-"));
const errors = []; // all that any of the programs wrote to stderr

async function start({ Stdio, connect }, env = {}, args = [PROGRAM]) {
  const transport = new Stdio({
    command: process.execPath,
    args,
    env: { RUNSPACE_KEY: KEY, RUNSPACE_BASE_URL: front.url, OLLAMA_HOST: ollama.url, ...env },
    stderr: "pipe",
  });
  transport.stderr?.on("data", (piece) => errors.push(String(piece)));
  return connect(transport);
}

const runModel = (model, prompt = PROMPT) => ({ name: "run_model", arguments: { model, prompt } });
const LIST = { name: "list_models", arguments: {} };

async function until(condition, complaint) {
  const end = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < end, complaint);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const checks = {
  async "the peers listen"() {
    await Promise.all([front.listening, ollama.listening, proxy.listening]);
  },
};

for (const [name, generation] of Object.entries(GENERATIONS)) {
  const { call } = generation;
  const check = (text, body) => {
    checks[`${name}: ${text}`] = async () => {
      front.clear();
      ollama.clear();
      proxy.clear();
      await body();
    };
  };

  check("models of the service and of Ollama are one list", async () => {
    const client = await start(generation);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map((tool) => tool.name), ["list_models", "run_model"]);
    const list = await call(client, LIST);
    const local = list.structuredContent.models.filter((model) => model.local);
    const cloud = list.structuredContent.models.filter((model) => !model.local);
    assert.deepEqual(local.map((model) => model.id), ["local/tiny:1b", "local/slow:1b"]);
    assert.ok(cloud.some((model) => model.id === "scripted/plain"), JSON.stringify(cloud));
    assert.equal(cloud[0].input_usd_per_million_tokens, "0.1");
    for (const { id } of [...local, ...cloud]) assert.ok(said(list).includes(`- ${id}: `), id);
    await client.close();
  });

  check("a model of the service is run there and nowhere else", async () => {
    const client = await start(generation);
    const answer = await call(client, runModel("scripted/plain"));
    assert.equal(said(answer), "Apples, pears and plums.");
    assert.equal(answer._meta["com.run-space/usage"].completion_tokens, 7);
    assert.equal(ollama.seen.length, 0);
    await client.close();
  });

  check("a local model is run by Ollama, with progress, and nothing leaves", async () => {
    const client = await start(generation);
    const steps = [];
    const onprogress = ({ progress }) => steps.push(progress);
    const answer = await call(client, runModel("local/slow:1b"), { onprogress });
    assert.equal(said(answer), "Plums, one by one, all the way down to the last.".repeat(3));
    assert.ok(steps.length >= 1 && steps.every((step, i) => i === 0 || step > steps[i - 1]), `${steps}`);
    assert.equal(front.seen.length, 0);
    const [{ headers, body }] = ollama.seen;
    assert.equal(headers.authorization, undefined);
    assert.equal(JSON.parse(body).model, "slow:1b");
    await client.close();
  });

  check("a local model without Ollama is an error that says what to do", async () => {
    const client = await start(generation, { OLLAMA_HOST: NOWHERE });
    const answer = await call(client, runModel("local/tiny:1b"));
    assert.equal(answer.isError, true);
    assert.match(said(answer), /ollama serve[^]*`ollama pull tiny:1b`[^]*Nothing was sent elsewhere/);
    assert.equal(front.seen.length, 0);
    const list = await call(client, LIST);
    assert.match(said(list), /Local models are not listed: Ollama cannot be reached/);
    assert.ok(list.structuredContent.models.length > 0);
    await client.close();
  });

  check("a local model that is not pulled is an error with the line to pull it", async () => {
    const client = await start(generation);
    const answer = await call(client, runModel("local/absent:7b"));
    assert.equal(answer.isError, true);
    assert.match(said(answer), /`ollama pull absent:7b`/);
    assert.equal(front.seen.length, 0);
    await client.close();
  });

  check("a call that is cancelled ends at once where it runs", async () => {
    const client = await start(generation);
    for (const [model, peer] of [["local/slow:1b", ollama], ["scripted/gate", front]]) {
      const leaving = new AbortController();
      const given = assert.rejects(call(client, runModel(model), { signal: leaving.signal }));
      await until(() => peer.running === 1, `${model} was not begun`);
      leaving.abort();
      await given;
      await until(() => peer.running === 0, `${model} still runs`);
    }
    await client.close();
  });

  for (const none of ["", "${user_config.api_key}"]) {
    check(`with "${none}" for a key only local models are there`, async () => {
      const unset = { RUNSPACE_KEY: none };
      const client = await start(generation, unset);
      const answer = await call(client, runModel("scripted/plain"));
      assert.equal(answer.isError, true);
      assert.match(said(answer), /RUNSPACE_KEY is not set/);
      assert.equal(said(await call(client, runModel("local/tiny:1b"))), "Plums.");
      assert.match(said(await call(client, LIST)), /RUNSPACE_KEY is not set/);
      assert.equal(front.seen.length, 0);
      await client.close();
    });
  }

  check("a wrong key is said to be wrong, and not what it was", async () => {
    const wrong = `${KEY.slice(0, -1)}${KEY.endsWith("0") ? "1" : "0"}`;
    const client = await start(generation, { RUNSPACE_KEY: wrong });
    const answer = await call(client, runModel("scripted/plain"));
    assert.equal(answer.isError, true);
    assert.match(said(answer), /unknown, revoked or expired/);
    assert.ok(!JSON.stringify(answer).includes(wrong.slice(9, -6)));
    await client.close();
  });

  check("a proxy is used on the way to the service, and never to Ollama", async () => {
    const env = {
      HTTP_PROXY: proxy.url, RUNSPACE_BASE_URL: "http://service.example",
    };
    const client = await start(generation, env);
    assert.equal(said(await call(client, runModel("scripted/plain"))), "Apples, pears and plums.");
    assert.deepEqual(proxy.seen, ["POST http://service.example/v1/chat/completions"]);
    assert.equal(said(await call(client, runModel("local/tiny:1b"))), "Plums.");
    assert.equal(proxy.seen.length, 1);
    await client.close();
    const without = await start(generation, { ...env, NO_PROXY: "service.example" });
    assert.equal((await call(without, runModel("scripted/plain"))).isError, true);
    assert.equal(proxy.seen.length, 1);
    await without.close();
  });

  check("a proxy sees no key of what is sent through it with TLS", async () => {
    const env = { HTTPS_PROXY: proxy.url, RUNSPACE_BASE_URL: "https://service.example" };
    const client = await start(generation, env);
    const answer = await call(client, runModel("scripted/plain"));
    // The peer behind the tunnel is no TLS server, so this is as far as it goes.
    assert.equal(answer.isError, true);
    assert.deepEqual(proxy.seen, ["CONNECT service.example:443"]);
    assert.ok(!proxy.heard.includes(KEY.slice(9, -6)));
    await client.close();
  });

  check("the bundle starts as its manifest says", async () => {
    const place = await bundle();
    const manifest = JSON.parse(fs.readFileSync(path.join(place, "manifest.json")));
    const { command, args, env } = manifest.server.mcp_config;
    assert.equal(command, "node");
    // As Claude Desktop does it: what was filled in, else the default, else it stays as it is.
    const user = { api_key: KEY, ollama_url: ollama.url };
    const put = (text) =>
      text.replaceAll("${__dirname}", place).replace(/\$\{user_config\.(\w+)\}/g, (whole, field) =>
        user[field] ?? manifest.user_config[field].default ?? whole);
    const filled = Object.fromEntries(Object.entries(env).map(([n, v]) => [n, put(v)]));
    assert.equal(filled.RUNSPACE_BASE_URL, BASE_URL);
    const client = await start(generation, filled, args.map(put));
    assert.equal(said(await call(client, runModel("scripted/plain"))), "Apples, pears and plums.");
    await client.close();
  });
}

/** Downloads and unpacks the bundle once. */
let unpacked;
async function bundle() {
  if (!unpacked) {
    const bytes = await download("runspace.mcpb");
    fs.writeFileSync(path.join(folder, "runspace.mcpb"), bytes);
    unpacked = path.join(folder, "unpacked");
    mcpb("unpack", path.join(folder, "runspace.mcpb"), unpacked);
  }
  return unpacked;
}

async function download(name) {
  const answer = await fetch(`${BASE_URL}/${name}`);
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

const mcpb = (...words) => execFileSync(process.execPath, [MCPB, ...words], { encoding: "utf8" });

Object.assign(checks, {
  async "the bundle is valid, and always the same"() {
    const place = await bundle();
    assert.match(mcpb("validate", path.join(place, "manifest.json")), /passes/);
    assert.match(mcpb("validate", path.join(PROGRAM, "..", "manifest.json")), /passes/);
    assert.match(mcpb("info", path.join(folder, "runspace.mcpb")), /runspace/i);
    const again = await download("runspace.mcpb");
    assert.ok(again.equals(fs.readFileSync(path.join(folder, "runspace.mcpb"))));
    for (const text of [fs.readFileSync(path.join(place, "index.js")), await download("runspace-mcp/index.js")]) {
      assert.ok(text.equals(fs.readFileSync(PROGRAM)));
    }
    const { user_config } = JSON.parse(fs.readFileSync(path.join(place, "manifest.json")));
    assert.equal(user_config.api_key.sensitive, true);
  },

  async "stdout carries the protocol alone, whatever comes in"() {
    const lines = await conversation([
      "garbage",
      "[]",
      "7",
      '{"jsonrpc":"2.0","id":1,"method":"nothing/such"}',
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_model","arguments":{"model":7}}}',
      '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"run_model","arguments":null}}',
      '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"list_models"}}',
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}',
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
      '{"jsonrpc":"2.0","id":5,"method":"initialize","params":{"protocolVersion":"1999-01-01"}}',
      '{"jsonrpc":"2.0","id":6,"method":"ping","params":null}',
      '{"jsonrpc":"2.0","id":8,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}}',
      '{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"__proto__"}}',
    ], 12);
    const ids = [];
    for (const line of lines) {
      const message = JSON.parse(line);
      assert.equal(message.jsonrpc, "2.0", line);
      ids.push(message.id);
    }
    for (const id of [1, 2, 3, 4, 5, 6, 8, 9]) assert.ok(ids.includes(id), `${ids}`);
  },

  async "the key was written nowhere"() {
    assert.ok(!errors.join("").includes(KEY.slice(9, -6)), errors.join(""));
    fs.rmSync(folder, { recursive: true });
  },
});

/** Says these lines to a program, ends the input once so many lines came back, and returns them. */
function conversation(lines, count) {
  return new Promise((resolve, reject) => {
    const env = { RUNSPACE_KEY: KEY, RUNSPACE_BASE_URL: front.url, OLLAMA_HOST: ollama.url };
    const program = spawn(process.execPath, [PROGRAM], { env });
    let out = "";
    const late = setTimeout(() => program.kill(), 15_000);
    program.stdout.on("data", (piece) => {
      out += piece;
      if (out.split("\n").length > count) program.stdin.end();
    });
    program.stderr.on("data", (piece) => errors.push(String(piece)));
    program.on("exit", (code) => {
      clearTimeout(late);
      const came = out.trim().split("\n");
      if (code === 0 && !out.includes(KEY.slice(9, -6))) resolve(came);
      else reject(new Error(`ended with ${code} after ${came.length} lines: ${out.slice(-200)}`));
    });
    program.stdin.write(lines.join("\n") + "\n");
  });
}

run(checks);
