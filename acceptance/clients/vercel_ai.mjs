// The Vercel AI SDK with its provider for OpenAI-compatible services.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import checks from "./checks.cjs";

// Only require() looks into NODE_PATH.
const require = createRequire(import.meta.url);
const ai = require("ai");
const { generateText, isStepCount, jsonSchema, streamText, tool } = ai;
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");

const { BASE_URL, KEY, MODEL, SMALL_URL, SMALL_KEY, forwarded, noting, release, run } = checks;

const prompt = "Name three fruits.";
const FRUITS = "Apples, pears and plums.";
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk" +
  "+A8AAQUBAScY42YAAAAASUVORK5CYII=";

const service = (more = {}) =>
  createOpenAICompatible({ name: "runspace", baseURL: `${BASE_URL}/v1`, apiKey: KEY, ...more });

const provider = service();
const small = (calls, onAnswer) =>
  service({ baseURL: `${SMALL_URL}/v1`, apiKey: SMALL_KEY, fetch: noting(calls, onAnswer) });

const as = (user) => ({ runspace: { user } });
const base = { prompt, maxRetries: 0 };
const statuses = (calls) => calls.map((call) => call.status);

/** Whether the second request came no sooner than the first answer asked for. */
function assertWaited(calls) {
  const seconds = Number(calls[0].headers.get("retry-after"));
  assert.ok(seconds >= 1, "no retry-after");
  const waited = (calls[1].sent - calls[0].answered) / 1000;
  assert.ok(waited >= seconds - 0.01, `${waited} s waited, not ${seconds}`);
}

/** All parts of a stream, its errors included; `onPart` sees each as it comes. */
async function parts(settings, onPart = () => {}) {
  const seen = [];
  for await (const part of streamText({ ...base, onError() {}, ...settings }).fullStream) {
    seen.push(part);
    await onPart(part);
  }
  return seen;
}

const textOf = (seen) => seen.map((part) => (part.type === "text-delta" ? part.text : "")).join("");

const tools = {
  weather: tool({
    description: "The weather of a city.",
    inputSchema: jsonSchema({
      type: "object", properties: { city: { type: "string" } }, required: ["city"],
    }),
    execute: async ({ city }) => `rain in ${city}`,
  }),
};

const answers = {
  async chat() {
    const answer = await generateText({ ...base, model: provider(MODEL), maxOutputTokens: 24 });
    assert.ok(answer.text.trim(), "no text");
    assert.ok(["stop", "length"].includes(answer.finishReason), answer.finishReason);
    assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
    assert.ok(answer.usage.outputTokens <= 24);
  },

  async stream() {
    const seen = await parts({ model: provider(MODEL), maxOutputTokens: 24 });
    assert.ok(textOf(seen).trim(), "no text");
    const finish = seen.at(-1);
    assert.equal(finish.type, "finish");
    assert.ok(["stop", "length"].includes(finish.finishReason), finish.finishReason);
  },

  // It asks for the extra chunk only when told to, and must have the figures either way.
  async "usage on the stream"() {
    for (const includeUsage of [false, true]) {
      const seen = await parts({ model: service({ includeUsage })("scripted/plain") });
      assert.equal(textOf(seen), FRUITS);
      const { inputTokens, outputTokens } = seen.at(-1).totalUsage;
      assert.deepEqual([inputTokens, outputTokens], [11, 7]);
    }
  },

  async "pieces come as they are made"() {
    const settings = { model: provider("scripted/gate"), providerOptions: as("ai-gate") };
    const seen = await parts(settings, async (part) => {
      if (part.type === "text-delta" && part.text === "Apples") await release("ai-gate");
    });
    assert.equal(seen.at(-1).finishReason, "stop");
  },

  async "what is forwarded"() {
    const image = { type: "image", image: PIXEL, mediaType: "image/png" };
    await generateText({
      model: provider("scripted/plain"), maxRetries: 0, providerOptions: as("ai-forwarded"),
      messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, image] }],
    });
    const [request] = await forwarded("ai-forwarded");
    const body = JSON.parse(request.body);
    assert.equal(body.messages[0].content[1].image_url.url, `data:image/png;base64,${PIXEL}`);
    assert.equal(body.max_tokens, 4096);
  },

  async reasoning() {
    const model = provider("scripted/reasoning");
    const plain = await generateText({ ...base, model });
    assert.deepEqual([plain.text, plain.reasoningText], ["Plums.", "Let me see."]);
    const seen = await parts({ model });
    const thoughts = seen.filter((part) => part.type === "reasoning-delta");
    assert.equal(thoughts.map((part) => part.text).join(""), "Let me see.");
    assert.equal(textOf(seen), "Plums.");
  },

  async "json schema"() {
    const schema = jsonSchema({
      type: "object", properties: { fruits: { type: "array", items: { type: "string" } } },
    });
    const model = service({ supportsStructuredOutputs: true })("scripted/schema");
    const { output } = await generateText({ ...base, model, output: ai.Output.object({ schema }) });
    assert.deepEqual(output, { fruits: ["apple", "pear"] });
  },

  async tools() {
    const model = provider("scripted/tools");
    const answer = await generateText({ ...base, model, tools, stopWhen: isStepCount(3) });
    assert.equal(answer.text, "Results: rain in Oslo rain in Rome");
    assert.equal(answer.steps.length, 2);
    assert.equal(answer.steps[0].finishReason, "tool-calls");
  },

  async "tools on the stream"() {
    const model = provider("scripted/tools");
    const seen = await parts({ model, tools, stopWhen: isStepCount(3) });
    const calls = seen.filter((part) => part.type === "tool-call");
    assert.deepEqual(calls.map((part) => part.input.city), ["Oslo", "Rome"]);
    assert.equal(textOf(seen), "Results: rain in Oslo rain in Rome");
  },
};

/** What an APICallError should say; with the SDK's own retries unless told otherwise. */
async function assertRefused(settings, status, text, tries = 1, options = {}) {
  const calls = [];
  const { model, ...more } = settings;
  const by = service({ fetch: noting(calls), ...options });
  await assert.rejects(generateText({ prompt, model: by(model), ...more }), (thrown) => {
    const e = ai.RetryError.isInstance(thrown) ? thrown.lastError : thrown;
    assert.ok(ai.APICallError.isInstance(e), `${e.name}: ${e.message}`);
    assert.equal(e.statusCode, status);
    assert.match(e.message, text);
    assert.ok(e.responseHeaders["x-request-id"]);
    return true;
  });
  assert.deepEqual(statuses(calls), Array(tries).fill(status));
}

const refusals = {
  async "wrong key is 401 and asked once"() {
    await assertRefused(
      { model: "scripted/plain" }, 401, /API key/, 1, { apiKey: "rsk_live_wrong" },
    );
  },

  async "unknown model is 404"() {
    await assertRefused({ model: "no-such-model" }, 404, /no-such-model/);
  },

  async "broken request is 400"() {
    const providerOptions = { runspace: { max_completion_tokens: -1 } };
    await assertRefused({ model: "scripted/plain", providerOptions }, 400, /max_completion_tokens/);
  },

  async "too long a prompt is 400"() {
    await assertRefused({ model: "scripted/long" }, 400, /maximum context length is 8192/);
  },

  async "failing provider is 502"() {
    await assertRefused({ model: "scripted/fails", maxRetries: 0 }, 502, /provider failed/);
  },

  async "broken stream raises"() {
    for (const model of ["scripted/reset", "scripted/cut"]) {
      const seen = await parts({ model: provider(model) });
      const text = textOf(seen);
      assert.ok(text && FRUITS.startsWith(text), text);
      assert.ok(seen.some((part) => part.type === "error"), "no error part");
    }
  },

  async "busy provider is asked again after its time"() {
    const calls = [];
    const model = service({ fetch: noting(calls) })("scripted/busy-once");
    const answer = await generateText({ model, prompt, providerOptions: as("ai-busy") });
    assert.equal(answer.text, FRUITS);
    assert.deepEqual(statuses(calls), [503, 200]);
    assertWaited(calls);
  },
};

/** An allowance of 300 tokens. */
const shortOfMoney = {
  async "held allowance is 429 and asked again"() {
    const maxOutputTokens = 200;
    const calls = [];
    let second;
    // The first piece of the one is the sign for the other to start.
    const first = await parts(
      { model: small([])("scripted/gate"), maxOutputTokens, providerOptions: as("ai-held") },
      async (part) => {
        if (part.type !== "text-delta") return;
        let released;
        const refused = new Promise((resolve) => { released = resolve; });
        const by = small(calls, async ({ status }) => {
          if (status === 429) await release("ai-held");
          released();
        });
        second = generateText({ model: by("scripted/plain"), prompt, maxOutputTokens });
        await refused;
      },
    );
    assert.equal(first.at(-1).type, "finish");
    assert.equal((await second).text, FRUITS);
    assert.deepEqual(statuses(calls), [429, 200]);
    assertWaited(calls);
  },

  async "spent allowance is 402 and asked once"() {
    const calls = [];
    const settings = { model: small(calls)("scripted/greedy"), prompt, maxOutputTokens: 200 };
    assert.equal((await generateText(settings)).usage.outputTokens, 200);
    await assert.rejects(
      generateText(settings),
      (e) => ai.APICallError.isInstance(e) && e.statusCode === 402 &&
        /allowance spent/.test(e.message),
    );
    assert.deepEqual(statuses(calls), [200, 402]);
  },
};

await run({ ...answers, ...refusals, ...shortOfMoney });
