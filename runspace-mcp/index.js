#!/usr/bin/env node
// RunSpace for Claude Desktop and other MCP clients that start a program: two tools, list_models and
// run_model, for the open models of the service and for those of an Ollama on this machine.
//
// Settings, all from the environment:
//   RUNSPACE_KEY        rsk_live_..., from the dashboard; needed for models of the service only
//   RUNSPACE_BASE_URL   the service; default https://run-space.com
//   OLLAMA_HOST         the Ollama of this machine; default http://127.0.0.1:11434
//   HTTPS_PROXY, HTTP_PROXY, NO_PROXY   on the way to the service; never on the way to Ollama
//
// A call to local/NAME goes to Ollama and nowhere else, also when it fails. The standard output
// carries the protocol alone. One file, no dependencies, Node 20 or newer.
'use strict';

const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');

const VERSION = '0.1.0';
const MODERN = '2026-07-28';
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const META = 'io.modelcontextprotocol/';
const LINE_CHARS_MAX = 4 << 20;
const TEXT_CHARS_MAX = 100_000;
const BODY_CHARS_MAX = 8 << 20;
const PROGRESS_MILLIS = 2_000;
const LIST_MILLIS = 10_000;
const OLLAMA_LIST_MILLIS = 2_000;
const SILENCE_MILLIS = 300_000;

const INSTRUCTIONS =
  'RunSpace runs prompts on open models: those of the service, and as local/NAME those of the ' +
  "Ollama on this machine. list_models gives the ids; run_model runs one prompt on one of them.";

// --- settings ---------------------------------------------------------------------------------

/** An optional setting that was left empty can arrive as '' or as the text of its placeholder. */
function setting(name) {
  const value = (process.env[name] ?? '').trim();
  return value === '' || /^\$\{.*\}$/.test(value) ? undefined : value;
}

function serviceUrl() {
  const text = setting('RUNSPACE_BASE_URL') ?? 'https://run-space.com';
  const url = new URL(text.replace(/\/+$/, '').replace(/\/v1$/, ''));
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`RUNSPACE_BASE_URL must begin with https://, not ${url.protocol}`);
  }
  return url;
}

/** Ollama's own variable may lack the scheme or the port, or name the address it listens on. */
function ollamaUrl() {
  const text = setting('OLLAMA_HOST') ?? '127.0.0.1:11434';
  const url = new URL(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (url.port === '' && !/:\d+\/?$/.test(text) && url.protocol === 'http:') {
    url.port = '11434';
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') {
    url.hostname = '127.0.0.1';
  }
  return url;
}

// --- HTTP -------------------------------------------------------------------------------------

/** A failure with a sentence for whoever asked. */
class Told extends Error {}

function proxyFor(url) {
  const names = url.protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'];
  const proxy = names.map(setting).find((value) => value !== undefined);
  const except = (setting('NO_PROXY') ?? setting('no_proxy') ?? '').split(',').map((s) => s.trim());
  const isExcepted = except.some(
    (host) =>
      host === '*' ||
      (host !== '' &&
        (url.hostname === host.replace(/^\./, '') || url.hostname.endsWith('.' + host.replace(/^\./, '')))),
  );
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return proxy === undefined || isExcepted || isLoopback
    ? undefined
    : new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

function proxyHeaders(proxy) {
  if (proxy.username === '') {
    return {};
  }
  const login = decodeURIComponent(proxy.username) + ':' + decodeURIComponent(proxy.password);
  return { 'proxy-authorization': 'Basic ' + Buffer.from(login).toString('base64') };
}

/** A tunnel through the proxy, with TLS inside: the proxy sees a host name and no key. */
function tunnel(proxy, url, signal) {
  return new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || 443}`;
    const connect = (proxy.protocol === 'https:' ? https : http).request({
      host: proxy.hostname,
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyHeaders(proxy) },
      signal,
    });
    connect.on('connect', (answer, socket) => {
      if (answer.statusCode !== 200) {
        socket.destroy();
        reject(new Told(`The proxy ${proxy.host} refused the connection (${answer.statusCode}).`));
        return;
      }
      const secure = tls.connect({ socket, servername: url.hostname }, () => resolve(secure));
      secure.on('error', reject);
    });
    connect.on('error', reject);
    connect.end();
  });
}

/** Sends a request and gives its answer as soon as its head is there. Follows no redirects. */
async function request(url, { method = 'GET', headers = {}, body, signal, proxied = false }) {
  const proxy = proxied ? proxyFor(url) : undefined;
  const options = { method, headers: { 'user-agent': `runspace-mcp/${VERSION}`, ...headers }, signal };
  let target = url;
  if (proxy !== undefined && url.protocol === 'https:') {
    const socket = await tunnel(proxy, url, signal);
    options.createConnection = () => socket;
    options.agent = false;
  } else if (proxy !== undefined) {
    target = proxy;
    options.path = url.href;
    options.headers = { ...options.headers, host: url.host, ...proxyHeaders(proxy) };
  }
  return new Promise((resolve, reject) => {
    const sent = (target.protocol === 'https:' ? https : http).request(target, options, resolve);
    sent.setTimeout(SILENCE_MILLIS, () => sent.destroy(new Told('There was no answer for 5 minutes.')));
    sent.on('error', reject);
    sent.end(body);
  });
}

async function wholeText(answer) {
  answer.setEncoding('utf8');
  let text = '';
  for await (const piece of answer) {
    text += piece;
    if (text.length > BODY_CHARS_MAX) {
      answer.destroy();
      throw new Told('The answer is too long.');
    }
  }
  return text;
}

async function getJson(url, options) {
  const answer = await request(url, options);
  const text = await wholeText(answer);
  if (answer.statusCode !== 200) {
    throw refusal(answer, text);
  }
  return JSON.parse(text);
}

// --- errors in words --------------------------------------------------------------------------

/** A refusal of the service or of Ollama, in words that say what to do. */
function refusal(answer, text) {
  let said = '';
  try {
    const error = JSON.parse(text).error;
    said = typeof error === 'string' ? error : (error?.message ?? '');
  } catch {
    // Then its status has to do.
  }
  const wait = Number(answer.headers['retry-after']);
  const later = Number.isFinite(wait) && wait > 0 ? ` Try again in ${duration(wait)}.` : '';
  switch (answer.statusCode) {
    case 401:
      return new Told(
        'The key in RUNSPACE_KEY is unknown, revoked or expired. Make one in the dashboard under API keys.',
      );
    case 402:
      return new Told(`${said || "Today's allowance is used up."}${later}`);
    case 429:
    case 503:
      return new Told(`${said || 'The service is busy.'}${later}`);
    default:
      return new Told(said || `The answer was HTTP ${answer.statusCode}.`);
  }
}

function duration(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 120) {
    return `${Math.ceil(seconds)} s`;
  }
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function unreachable(what, url, error) {
  const code = error.code ?? error.cause?.code ?? '';
  return new Told(`${what} cannot be reached at ${url.origin}${code ? ` (${code})` : ''}.`);
}

function ollamaDown(url, error, model) {
  const pull = model ? ` and \`ollama pull ${model}\`` : '';
  return new Told(
    unreachable('Ollama', url, error).message +
      ` Local models need it: start it with \`ollama serve\`${pull}. Nothing was sent elsewhere.`,
  );
}

// --- the tools --------------------------------------------------------------------------------

const TOOLS = [
  {
    name: 'list_models',
    title: 'List models',
    description:
      'Lists the open models that run_model can run: those of the service, with context window and ' +
      'price, and as local/NAME those of the Ollama on this machine.',
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    outputSchema: {
      type: 'object',
      properties: {
        models: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              id: { type: 'string' },
              name: { type: 'string' },
              local: { type: 'boolean' },
              context_length: { type: 'integer' },
              input_usd_per_million_tokens: { type: 'string' },
              output_usd_per_million_tokens: { type: 'string' },
            },
            required: ['id', 'name', 'local'],
          },
        },
        notes: { type: 'array', items: { type: 'string' } },
      },
      required: ['models', 'notes'],
    },
    annotations: { title: 'List models', readOnlyHint: true, openWorldHint: false },
  },
  {
    name: 'run_model',
    title: 'Run a model',
    description:
      'Runs one prompt on an open model and returns its answer. Models of the service are charged to ' +
      'the daily allowance; local/NAME runs on this machine, free, and leaves it never.',
    inputSchema: {
      type: 'object',
      properties: {
        model: {
          type: 'string',
          description: 'id of the model: deepseek-v4, or local/qwen2.5-coder:7b for one of Ollama',
        },
        prompt: { type: 'string', description: 'the prompt; either this or messages' },
        messages: {
          type: 'array',
          description: 'a conversation instead of a prompt',
          items: {
            type: 'object',
            properties: { role: { type: 'string' }, content: { type: 'string' } },
            required: ['role', 'content'],
          },
        },
        system: { type: 'string', description: 'system prompt: how to answer' },
        max_tokens: { type: 'integer', minimum: 1, description: 'most tokens of the answer' },
        temperature: { type: 'number', minimum: 0, maximum: 2 },
      },
      required: ['model'],
      additionalProperties: false,
    },
    annotations: {
      title: 'Run a model',
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    },
  },
];

const block = (text) => ({ type: 'text', text });
const failure = (text) => ({ content: [block(text)], isError: true });

/** Dollars for a million tokens from dollars for one, as decimals: never as binary fractions. */
function perMillion(perToken) {
  const [whole, part = ''] = String(perToken).split('.');
  const digits = (whole + part.padEnd(6, '0').slice(0, 6)).replace(/^0+(?=\d)/, '');
  const rest = part.slice(6).replace(/0+$/, '');
  return rest === '' ? digits : `${digits}.${rest}`;
}

async function serviceModels(signal) {
  const key = setting('RUNSPACE_KEY');
  if (key === undefined) {
    return { models: [], note: 'Models of the service are not listed: RUNSPACE_KEY is not set.' };
  }
  const base = serviceUrl();
  const url = new URL(base.href.replace(/\/$/, '') + '/v1/models');
  try {
    const list = await getJson(url, {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MILLIS)]),
      proxied: true,
    });
    const models = list.data.map((model) => ({
      id: model.id,
      name: model.name ?? model.id,
      local: false,
      ...(Number.isInteger(model.context_length) && { context_length: model.context_length }),
      ...(model.pricing && {
        input_usd_per_million_tokens: perMillion(model.pricing.prompt),
        output_usd_per_million_tokens: perMillion(model.pricing.completion),
      }),
    }));
    return { models };
  } catch (error) {
    const told = error instanceof Told ? error : unreachable('The service', base, error);
    return { models: [], note: `Models of the service are not listed: ${told.message}` };
  }
}

async function ollamaModels(signal) {
  const base = ollamaUrl();
  try {
    const tags = await getJson(new URL('/api/tags', base), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(OLLAMA_LIST_MILLIS)]),
    });
    const models = tags.models.map((model) => ({
      id: `local/${model.name}`,
      name: `${model.name} (Ollama, on this machine)`,
      local: true,
    }));
    return { models, note: models.length === 0 ? 'Ollama runs but has no model yet: `ollama pull qwen2.5-coder:7b`.' : undefined };
  } catch (error) {
    const why = error instanceof Told ? error : unreachable('Ollama', base, error);
    return { models: [], note: `Local models are not listed: ${why.message}` };
  }
}

async function listModels(call) {
  const [cloud, local] = await Promise.all([serviceModels(call.signal), ollamaModels(call.signal)]);
  const models = [...cloud.models, ...local.models];
  const notes = [cloud.note, local.note].filter((note) => note !== undefined);
  const lines = models.map((model) => {
    const window = model.context_length === undefined ? '' : `, ${model.context_length} tokens`;
    const price =
      model.input_usd_per_million_tokens === undefined
        ? ''
        : `, $${model.input_usd_per_million_tokens} in and $${model.output_usd_per_million_tokens} out per million tokens`;
    return `- ${model.id}: ${model.name}${window}${price}`;
  });
  const head = `${cloud.models.length} models of the service, ${local.models.length} on this machine.`;
  return {
    content: [block([head, ...lines, ...notes].join('\n'))],
    structuredContent: { models, notes },
  };
}

/** The body of the chat request, or a sentence that says what is wrong with the arguments. */
function chatBody(given) {
  const known = Object.keys(TOOLS[1].inputSchema.properties);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Told(`There is no argument '${unknown}'.`);
  }
  const { model, prompt, messages, system, max_tokens: most, temperature } = given;
  if (typeof model !== 'string' || model.trim() === '') {
    throw new Told("'model' is missing: the id of a model, see list_models.");
  }
  if ((prompt === undefined) === (messages === undefined)) {
    throw new Told("Give either 'prompt', a text, or 'messages', a list of {role, content}.");
  }
  if (prompt !== undefined && (typeof prompt !== 'string' || prompt === '')) {
    throw new Told("'prompt' must be a text.");
  }
  if (system !== undefined && typeof system !== 'string') {
    throw new Told("'system' must be a text.");
  }
  const isMessage = (each) =>
    ['system', 'user', 'assistant'].includes(each?.role) && typeof each.content === 'string';
  if (messages !== undefined && !(Array.isArray(messages) && messages.length > 0 && messages.every(isMessage))) {
    throw new Told("Each of 'messages' needs 'role' (system, user or assistant) and 'content', a text.");
  }
  if (most !== undefined && !(Number.isSafeInteger(most) && most >= 1)) {
    throw new Told("'max_tokens' must be a whole number >= 1.");
  }
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature >= 0 && temperature <= 2)) {
    throw new Told("'temperature' must be a number from 0 to 2.");
  }
  const said = messages?.map(({ role, content }) => ({ role, content })) ?? [{ role: 'user', content: prompt }];
  return {
    model,
    messages: system === undefined ? said : [{ role: 'system', content: system }, ...said],
    stream: true,
    stream_options: { include_usage: true },
    ...(most !== undefined && { max_tokens: most }),
    ...(temperature !== undefined && { temperature }),
  };
}

async function runModel(call) {
  const body = chatBody(call.arguments);
  const local = body.model.startsWith('local/');
  if (local) {
    body.model = body.model.slice('local/'.length);
  }
  const key = setting('RUNSPACE_KEY');
  if (!local && key === undefined) {
    throw new Told(
      'RUNSPACE_KEY is not set, so models of the service cannot be run. Make a key in the dashboard under API ' +
        'keys and put it into the configuration; models called local/NAME need none.',
    );
  }
  const base = local ? ollamaUrl() : serviceUrl();
  const url = new URL(base.href.replace(/\/$/, '') + '/v1/chat/completions');
  let answer;
  try {
    answer = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...(!local && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      signal: call.signal,
      proxied: !local,
    });
  } catch (error) {
    if (call.signal.aborted || error instanceof Told) {
      throw error;
    }
    throw local ? ollamaDown(base, error, body.model) : unreachable('The service', base, error);
  }
  if (answer.statusCode !== 200) {
    const text = await wholeText(answer);
    if (local && answer.statusCode === 404) {
      throw new Told(`Ollama does not have '${body.model}': get it with \`ollama pull ${body.model}\`.`);
    }
    throw refusal(answer, text);
  }
  return gather(answer, call);
}

/** Reads the event stream to its end; what has been said is handed over also when it breaks off. */
async function gather(answer, call) {
  let text = '';
  let note = '';
  let usage;
  let finish;
  let isError = false;
  let chunks = 0;
  let reported = Date.now();
  try {
    for await (const event of events(answer)) {
      if (event === '[DONE]') {
        break;
      }
      const data = JSON.parse(event);
      if (data.error !== undefined) {
        note = `The answer broke off here: ${data.error.message ?? data.error}`;
        isError = true;
        break;
      }
      usage = data.usage ?? usage;
      finish = data.choices?.[0]?.finish_reason ?? finish;
      const more = data.choices?.[0]?.delta?.content;
      if (typeof more === 'string' && more !== '') {
        text += more;
        chunks++;
      }
      if (text.length > TEXT_CHARS_MAX) {
        text = text.slice(0, TEXT_CHARS_MAX).replace(/[\ud800-\udbff]$/, '');
        note = `The answer is longer than ${TEXT_CHARS_MAX} characters and was stopped here.`;
        break;
      }
      if (Date.now() - reported > PROGRESS_MILLIS) {
        reported = Date.now();
        call.progress(chunks, `${chunks} tokens`);
      }
    }
  } catch (error) {
    if (call.signal.aborted) {
      throw error;
    }
    note = `The answer broke off here: ${error instanceof Told ? error.message : 'the connection was lost'}`;
    isError = true;
  } finally {
    answer.destroy();
  }
  if (note === '' && finish === 'length') {
    note = 'The answer was cut here: it reached its most tokens.';
  } else if (note === '' && text === '') {
    note = 'The model answered with no text.';
  }
  return {
    content: note === '' ? [block(text)] : [block(text), block(`[${note}]`)],
    ...(isError && { isError }),
    ...(usage && { _meta: { 'com.run-space/usage': usage } }),
  };
}

/** The data of each event of an event stream (WHATWG HTML, server-sent events). */
async function* events(answer) {
  answer.setEncoding('utf8');
  let rest = '';
  let data = [];
  for await (const piece of answer) {
    rest += piece;
    if (rest.length > BODY_CHARS_MAX) {
      throw new Told('an event is too long');
    }
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      } else if (line.startsWith('data:')) {
        data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
  }
}

// --- the protocol -----------------------------------------------------------------------------

const running = new Map();

function send(message) {
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
}

const isId = (id) => typeof id === 'string' || Number.isSafeInteger(id);

function handle(message) {
  if (message === null || typeof message !== 'object' || Array.isArray(message)) {
    send({ id: null, error: { code: -32600, message: 'This is no JSON-RPC 2.0 request.' } });
    return;
  }
  const { id, method } = message;
  const params = message.params ?? {};
  if (method === undefined && ('result' in message || 'error' in message)) {
    return;
  }
  if (typeof method !== 'string' || (id !== undefined && !isId(id))) {
    send({ id: isId(id) ? id : null, error: { code: -32600, message: 'This is no JSON-RPC 2.0 request.' } });
    return;
  }
  if (id === undefined) {
    if (method === 'notifications/cancelled') {
      running.get(params.requestId)?.abort();
    }
    return;
  }
  const version = params._meta?.[META + 'protocolVersion'];
  if (version === undefined) {
    legacy(id, method, params);
  } else {
    modern(id, method, params, version);
  }
}

function serverInfo() {
  return { name: 'runspace', title: 'RunSpace', version: VERSION };
}

function unknownMethod(id, method) {
  send({ id, error: { code: -32601, message: `There is no method ${method}` } });
}

/** Up to 2025-11-25: versions are agreed on once. */
function legacy(id, method, params) {
  switch (method) {
    case 'initialize': {
      const asked = params.protocolVersion;
      send({
        id,
        result: {
          protocolVersion: LEGACY.includes(asked) ? asked : LEGACY[0],
          capabilities: { tools: {} },
          serverInfo: serverInfo(),
          instructions: INSTRUCTIONS,
        },
      });
      return;
    }
    case 'ping':
      send({ id, result: {} });
      return;
    case 'tools/list':
      send({ id, result: { tools: TOOLS } });
      return;
    case 'tools/call':
      callTool(id, params, (result) => result);
      return;
    default:
      unknownMethod(id, method);
  }
}

/** From 2026-07-28 on: each request says what it speaks. */
function modern(id, method, params, version) {
  if (version !== MODERN) {
    const data = { supported: [MODERN], requested: version };
    send({ id, error: { code: -32022, message: 'Unsupported protocol version', data } });
    return;
  }
  if (typeof params._meta[META + 'clientCapabilities'] !== 'object') {
    send({ id, error: { code: -32602, message: `params._meta needs ${META}clientCapabilities` } });
    return;
  }
  const complete = (result) => ({ ...result, resultType: 'complete' });
  const cached = (result) => ({ ...complete(result), ttlMs: 300_000, cacheScope: 'public' });
  switch (method) {
    case 'server/discover':
      send({
        id,
        result: cached({
          supportedVersions: [MODERN],
          capabilities: { tools: {} },
          instructions: INSTRUCTIONS,
          _meta: { [META + 'serverInfo']: serverInfo() },
        }),
      });
      return;
    case 'tools/list':
      send({ id, result: cached({ tools: TOOLS }) });
      return;
    case 'tools/call':
      callTool(id, params, complete);
      return;
    default:
      unknownMethod(id, method);
  }
}

async function callTool(id, params, envelope) {
  const run = { list_models: listModels, run_model: runModel }[params.name];
  const given = params.arguments ?? {};
  if (run === undefined || typeof given !== 'object' || Array.isArray(given)) {
    const message = run === undefined ? `There is no tool '${params.name}'.` : "'arguments' must be an object.";
    send({ id, error: { code: -32602, message } });
    return;
  }
  if (running.has(id)) {
    send({ id, error: { code: -32600, message: 'A request with this id is running.' } });
    return;
  }
  const abort = new AbortController();
  running.set(id, abort);
  const token = params._meta?.progressToken;
  const call = {
    arguments: given,
    signal: abort.signal,
    progress: (progress, message) => {
      if (isId(token)) {
        send({ method: 'notifications/progress', params: { progressToken: token, progress, message } });
      }
    },
  };
  let result;
  try {
    result = await run(call);
  } catch (error) {
    result = failure(error instanceof Told ? error.message : 'The call failed.');
    if (!(error instanceof Told) && !abort.signal.aborted) {
      process.stderr.write(`runspace-mcp: ${error.code ?? error.name}\n`);
    }
  }
  running.delete(id);
  // Nobody waits for the answer to a call that was cancelled.
  if (!abort.signal.aborted) {
    send({ id, result: envelope(result) });
  }
}

// --- the standard input -----------------------------------------------------------------------

function main() {
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (piece) => {
    rest += piece;
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.trim() !== '') {
        receive(line);
      }
    }
    if (rest.length > LINE_CHARS_MAX) {
      process.stderr.write('runspace-mcp: a line is longer than 4 MiB\n');
      process.exit(1);
    }
  });
  process.stdin.on('end', () => {
    for (const abort of running.values()) {
      abort.abort();
    }
    process.exitCode = 0;
  });
  process.stdout.on('error', () => process.exit(0));
}

function receive(line) {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    send({ id: null, error: { code: -32700, message: 'This line is not JSON.' } });
    return;
  }
  handle(message);
}

main();
