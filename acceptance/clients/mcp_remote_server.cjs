// The MCP server of the service, with a key as bearer and with a key in the address.
"use strict";

const assert = require("node:assert/strict");
const { BASE_URL, KEY, run } = require("./checks.cjs");
const { GENERATIONS, said } = require("./mcp.cjs");

const checks = {};
for (const [name, { Http, connect, call }] of Object.entries(GENERATIONS)) {
  const bearer = { requestInit: { headers: { authorization: `Bearer ${KEY}` } } };
  for (const [way, url, options] of [
    ["key as bearer", `${BASE_URL}/mcp`, bearer],
    ["key in the address", `${BASE_URL}/mcp/${KEY}`, {}],
  ]) {
    checks[`${name}, ${way}: list and run`] = async () => {
      const client = await connect(new Http(new URL(url), options));
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map((tool) => tool.name), ["list_models", "run_model"]);
      const list = await call(client, { name: "list_models", arguments: {} });
      const ids = list.structuredContent.models.map((model) => model.id);
      assert.ok(ids.includes("scripted/plain"), ids.join());
      for (const id of ids) assert.ok(said(list).includes(`- ${id}: `), id);
      const answer = await call(client, {
        name: "run_model", arguments: { model: "scripted/plain", prompt: "Name three fruits." },
      });
      assert.equal(said(answer), "Apples, pears and plums.");
      assert.equal(answer._meta["com.run-space/usage"].completion_tokens, 7);
      await client.close();
    };
  }
  checks[`${name}: what goes wrong is told to the model`] = async () => {
    const client = await connect(new Http(new URL(`${BASE_URL}/mcp`), bearer));
    for (const [model, words] of [
      ["scripted/plane", /There are: .*scripted\/plain/],
      ["local/tiny:1b", /desktop connector/],
      ["scripted/fails", /failed/],
      ["scripted/reset", /^Apples[^]*broke off here/],
    ]) {
      const answer = await call(client, { name: "run_model", arguments: { model, prompt: "hi" } });
      assert.equal(answer.isError, true, model);
      assert.match(said(answer), words);
    }
    await client.close();
  };
  checks[`${name}: a call that is given up holds nothing any more`] = async () => {
    const client = await connect(new Http(new URL(`${BASE_URL}/mcp`), bearer));
    const leaving = new AbortController();
    const call1 = call(
      client,
      { name: "run_model", arguments: { model: "scripted/gate", prompt: "hi" } },
      { signal: leaving.signal },
    );
    const given = assert.rejects(call1);
    await until(async () => (await held()) > 0n, "the call holds nothing");
    leaving.abort();
    await given;
    await until(async () => (await held()) === 0n, "the call still holds something");
    await client.close();
  };
  checks[`${name}: a wrong key is refused`] = async () => {
    for (const url of [`${BASE_URL}/mcp`, `${BASE_URL}/mcp/rsk_live_wrong`]) {
      await assert.rejects(connect(new Http(new URL(url))));
    }
  };
}

async function held() {
  const answer = await fetch(`${BASE_URL}/v1/key`, { headers: { authorization: `Bearer ${KEY}` } });
  return BigInt((await answer.json()).held);
}

async function until(condition, complaint) {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, complaint);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

run(checks);
