// OpenAI's Node SDK.
"use strict";

const assert = require("node:assert/strict");
const { BASE_URL, KEY, MODEL, run } = require("./checks.cjs");
const OpenAI = require("openai");

const baseURL = `${BASE_URL}/v1`;
const options = { baseURL, maxRetries: 0, timeout: 120_000 };
const client = new OpenAI({ ...options, apiKey: KEY });
const messages = [{ role: "user", content: "Name three fruits." }];

run({
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

  async "models list"() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes(MODEL), ids.join());
  },

  async "wrong key is 401"() {
    const stranger = new OpenAI({ ...options, apiKey: "rsk_live_wrong" });
    await assert.rejects(
      stranger.chat.completions.create({ model: MODEL, messages }),
      (e) => e instanceof OpenAI.AuthenticationError && Boolean(e.requestID && e.error.message),
    );
  },

  async "unknown model is 404"() {
    await assert.rejects(
      client.chat.completions.create({ model: "no-such-model", messages }),
      (e) => e instanceof OpenAI.NotFoundError && e.error.message.includes("no-such-model"),
    );
  },
});
