// OpenAI's Node SDK: with the local model, with scripted answers, and short of money.
"use strict";

const assert = require("node:assert/strict");
const { BASE_URL, KEY, MODEL, SMALL_URL, SMALL_KEY, ...checks } = require("./checks.cjs");
const { forwarded, noting, release, run } = checks;
const OpenAI = require("openai");

const baseURL = `${BASE_URL}/v1`;
const options = { baseURL, apiKey: KEY, maxRetries: 0, timeout: 120_000 };
const client = new OpenAI(options);
const messages = [{ role: "user", content: "Name three fruits." }];
const FRUITS = "Apples, pears and plums.";
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk" +
  "+A8AAQUBAScY42YAAAAASUVORK5CYII=";

const parameters = {
  type: "object", properties: { city: { type: "string" } }, required: ["city"],
};
const tools = [{ type: "function", function: { name: "weather", parameters } }];

const ask = (model, more = {}, by = client) =>
  by.chat.completions.create({ model, messages, user: "node", ...more });

/** With the SDK's own two retries; `calls` gets one entry for each request. */
const patient = (calls, more = {}, onAnswer) =>
  new OpenAI({ ...options, maxRetries: 2, fetch: noting(calls, onAnswer), ...more });

const small = (calls, more = {}, onAnswer) =>
  patient(calls, { baseURL: `${SMALL_URL}/v1`, apiKey: SMALL_KEY, ...more }, onAnswer);

const statuses = (calls) => calls.map((call) => call.status);

/** Whether the second request came no sooner than the first answer asked for. */
function assertWaited(calls) {
  const seconds = Number(calls[0].headers.get("retry-after"));
  assert.ok(seconds >= 1, "no retry-after");
  const waited = (calls[1].sent - calls[0].answered) / 1000;
  assert.ok(waited >= seconds - 0.01, `${waited} s waited, not ${seconds}`);
}

async function drain(chunks, onText = () => {}) {
  for await (const chunk of chunks) onText(chunk.choices[0]?.delta.content ?? "");
}

const realModel = {
  async chat() {
    const answer = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 24 });
    const [choice] = answer.choices;
    assert.equal(choice.message.role, "assistant");
    assert.ok(choice.message.content.trim(), "no text");
    assert.ok(["stop", "length"].includes(choice.finish_reason), choice.finish_reason);
    assert.equal(answer.model, MODEL);
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    assert.ok(prompt_tokens > 0 && completion_tokens > 0 && completion_tokens <= 24);
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
  },

  async stream() {
    let text = "";
    let finish;
    for await (const chunk of await client.chat.completions.create({
      model: MODEL, messages, max_tokens: 24, stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (chunk.choices[0]?.finish_reason) finish = chunk;
    }
    assert.ok(text.trim(), "no text");
    assert.ok(finish?.usage?.completion_tokens > 0, "no usage on the finish chunk");
  },

  async "usage on the stream"() {
    let last;
    let finish;
    for await (const chunk of await client.chat.completions.create({
      model: MODEL, messages, max_tokens: 8, stream: true,
      stream_options: { include_usage: true },
    })) {
      last = chunk;
      if (chunk.choices[0]?.finish_reason) finish = chunk;
    }
    assert.equal(last.choices.length, 0);
    assert.ok(last.usage.prompt_tokens > 0 && last.usage.completion_tokens > 0);
    assert.deepEqual(finish.usage, last.usage);
  },

  // The helper puts the deltas together itself and refuses a stream with a missing role or finish.
  async "stream helper"() {
    const helper = client.chat.completions.stream({ model: MODEL, messages, max_tokens: 24 });
    const answer = await helper.finalChatCompletion();
    assert.ok(answer.choices[0].message.content.trim(), "no text");
  },

  async "leaving a stream early"() {
    const chunks = await client.chat.completions.create({
      model: MODEL, messages, max_tokens: 200, stream: true,
    });
    let seen = 0;
    for await (const _ of chunks) if (++seen === 4) break;
    assert.ok(chunks.controller.signal.aborted);
    await client.chat.completions.create({ model: MODEL, messages, max_tokens: 4 });
  },

  async "models list and retrieve"() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes(MODEL) && ids.includes("scripted/plain"), ids.join());
    for (const id of [MODEL, "scripted/plain"]) {
      assert.equal((await client.models.retrieve(id)).id, id);
    }
    await assert.rejects(client.models.retrieve("no/such-model"), OpenAI.NotFoundError);
  },
};

const scripted = {
  async "what is forwarded"() {
    const extra = { top_k: 7, a_field_nobody_knows: { deep: [1, null, "é"] } };
    const image = { type: "image_url", image_url: { url: PIXEL } };
    const content = [{ type: "text", text: "What is this?" }, image];
    await ask("scripted/plain", {
      user: "node-forwarded", messages: [{ role: "user", content }], ...extra,
    });
    const [request] = await forwarded("node-forwarded");
    const { top_k, a_field_nobody_knows, ...body } = JSON.parse(request.body);
    assert.deepEqual({ top_k, a_field_nobody_knows }, extra);
    assert.deepEqual(body.messages[0].content, content);
    assert.equal(body.max_tokens, 4096);
  },

  async "pieces come as they are made"() {
    const chunks = await ask("scripted/gate", { user: "node-gate", stream: true });
    let text = "";
    // The provider sends no second piece before it is told to.
    for await (const chunk of chunks) {
      text += chunk.choices[0].delta.content ?? "";
      if (text === "Apples") await release("node-gate");
    }
    assert.equal(text, "Apples");
  },

  async reasoning() {
    const { message } = (await ask("scripted/reasoning")).choices[0];
    assert.deepEqual([message.content, message.reasoning_content], ["Plums.", "Let me see."]);
  },

  async "json schema"() {
    const schema = { type: "object", properties: { fruits: { type: "array" } } };
    const answer = await client.chat.completions.parse({
      model: "scripted/schema", messages,
      response_format: { type: "json_schema", json_schema: { name: "basket", schema } },
    });
    assert.deepEqual(JSON.parse(answer.choices[0].message.content), { fruits: ["apple", "pear"] });
  },

  async tools() {
    const { message, finish_reason } = (await ask("scripted/tools", { tools })).choices[0];
    assert.equal(finish_reason, "tool_calls");
    const cities = message.tool_calls.map((call) => JSON.parse(call.function.arguments).city);
    assert.deepEqual(cities, ["Oslo", "Rome"]);
  },

  async "stream helper with tools"() {
    const helper = client.chat.completions.stream({ model: "scripted/tools", messages, tools });
    const { tool_calls } = (await helper.finalChatCompletion()).choices[0].message;
    const cities = tool_calls.map((call) => JSON.parse(call.function.arguments).city);
    assert.deepEqual(cities, ["Oslo", "Rome"]);
  },

  async "runTools, plain and streamed"() {
    const weather = {
      name: "weather", description: "The weather of a city.", parameters,
      parse: JSON.parse, function: ({ city }) => `rain in ${city}`,
    };
    for (const stream of [false, true]) {
      const runner = client.chat.completions.runTools({
        model: "scripted/tools", messages, stream,
        tools: [{ type: "function", function: weather }],
      });
      assert.equal(await runner.finalContent(), "Results: rain in Oslo rain in Rome");
    }
  },
};

const refusals = {
  async "wrong key is 401 and asked once"() {
    const calls = [];
    await assert.rejects(
      ask("scripted/plain", {}, patient(calls, { apiKey: "rsk_live_wrong" })),
      (e) => e instanceof OpenAI.AuthenticationError && e.code === "invalid_api_key" &&
        Boolean(e.requestID && e.error.message) && e.headers.get("x-should-retry") === "false",
    );
    assert.deepEqual(statuses(calls), [401]);
  },

  async "unknown model is 404"() {
    await assert.rejects(
      ask("no-such-model"),
      (e) => e instanceof OpenAI.NotFoundError && e.error.message.includes("no-such-model"),
    );
  },

  async "broken request is 400"() {
    await assert.rejects(
      ask("scripted/plain", { max_tokens: -1 }),
      (e) => e instanceof OpenAI.BadRequestError && e.param === "max_tokens",
    );
  },

  async "too long a prompt is 400"() {
    await assert.rejects(
      ask("scripted/long"),
      (e) => e instanceof OpenAI.BadRequestError && e.code === "context_length_exceeded",
    );
  },

  async "failing provider is 502"() {
    await assert.rejects(
      ask("scripted/fails"),
      (e) => e instanceof OpenAI.InternalServerError && e.status === 502 &&
        !e.message.includes("worker-7"),
    );
  },

  async "broken stream raises"() {
    for (const model of ["scripted/reset", "scripted/cut"]) {
      let text = "";
      const chunks = await ask(model, { stream: true });
      await assert.rejects(
        drain(chunks, (piece) => { text += piece; }),
        (e) => e instanceof OpenAI.APIError && e.code === "bad_gateway",
      );
      assert.ok(text && FRUITS.startsWith(text), text);
      const helper = client.chat.completions.stream({ model, messages });
      await assert.rejects(helper.finalChatCompletion(), OpenAI.APIError);
    }
  },

  async "busy provider is asked again after its time"() {
    const calls = [];
    const answer = await ask("scripted/busy-once", { user: "node-busy" }, patient(calls));
    assert.equal(answer.choices[0].message.content, FRUITS);
    assert.deepEqual(statuses(calls), [503, 200]);
    assertWaited(calls);
  },
};

/** An allowance of 300 tokens. */
const shortOfMoney = {
  async "held allowance is 429 and asked again"() {
    const max_tokens = 200;
    const held = { user: "node-held", max_tokens, stream: true };
    const holder = await ask("scripted/gate", held, small([]));
    const calls = [];
    const second = small(calls, {}, async ({ status }) => {
      if (status !== 429) return;
      await release("node-held");
      await drain(holder);
    });
    const answer = await ask("scripted/plain", { max_tokens }, second);
    assert.equal(answer.choices[0].message.content, FRUITS);
    assert.deepEqual(statuses(calls), [429, 200]);
    assertWaited(calls);
  },

  async "held allowance is a rate limit error"() {
    const max_tokens = 200;
    const holder = await ask(
      "scripted/gate", { user: "node-429", max_tokens, stream: true }, small([]),
    );
    await assert.rejects(
      ask("scripted/plain", { max_tokens }, small([], { maxRetries: 0 })),
      (e) => e instanceof OpenAI.RateLimitError && e.code === "allowance_held",
    );
    await release("node-429");
    await drain(holder);
  },

  async "spent allowance is 402 and asked once"() {
    const calls = [];
    const spender = small(calls);
    const answer = await ask("scripted/greedy", { max_tokens: 200 }, spender);
    assert.equal(answer.usage.completion_tokens, 200);
    await assert.rejects(
      ask("scripted/greedy", { max_tokens: 200 }, spender),
      (e) => e instanceof OpenAI.APIError && e.status === 402 &&
        e.code === "daily_allowance_spent" && Boolean(e.error.resets_at),
    );
    assert.deepEqual(statuses(calls), [200, 402]);
  },
};

run({ ...realModel, ...scripted, ...refusals, ...shortOfMoney });
