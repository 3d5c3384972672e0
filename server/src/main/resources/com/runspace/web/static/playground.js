// The playground. What a model says is only ever put into the page as text.
const form = document.querySelector('[data-playground]');
const said = document.getElementById('said');
const prompt = document.getElementById('prompt');
const model = document.getElementById('model');
const send = document.getElementById('send');
const stop = document.getElementById('stop');
const cost = document.getElementById('cost');
let messages = [];
let spent = 0n;
let running = null;

function bubble(who, text) {
  const block = document.createElement('div');
  block.className = `turn ${who}`;
  const name = document.createElement('p');
  name.className = 'label';
  name.textContent = who === 'user' ? 'You' : who === 'wrong' ? 'Error' : model.selectedOptions[0].textContent;
  const body = document.createElement('p');
  body.className = 'turn-text';
  body.textContent = text;
  block.append(name, body);
  said.append(block);
  said.scrollTop = said.scrollHeight;
  return body;
}

// Exact, as the service reckons: nano-dollars per million tokens, rounded up once over the sum.
function charge(usage, option) {
  const cached = BigInt(usage.prompt_tokens_details?.cached_tokens ?? 0);
  const input = BigInt(usage.prompt_tokens) - cached;
  const output = BigInt(usage.completion_tokens);
  const sum = input * BigInt(option.dataset.input) + cached * BigInt(option.dataset.cached)
    + output * BigInt(option.dataset.output);
  return (sum + 999_999n) / 1_000_000n;
}

function dollars(nanos) {
  const digits = String(nanos).padStart(10, '0');
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/0+$/, '');
  return `$${text.endsWith('.') ? `${text}00` : text}`;
}

function busy(is) {
  said.setAttribute('aria-busy', String(is));
  send.disabled = is;
  stop.hidden = !is;
}

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart());
      if (data.length) yield data.join('\n');
    }
  }
}

async function talk(text) {
  const option = model.selectedOptions[0];
  bubble('user', text);
  messages.push({ role: 'user', content: text });
  running = new AbortController();
  busy(true);
  let body = null;
  let answer = '';
  let usage = null;
  try {
    const response = await fetch('/playground/chat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: option.value, messages, stream: true, stream_options: { include_usage: true } }),
      signal: running.signal,
    });
    if (!response.ok) {
      const json = await response.json().catch(() => ({}));
      throw new Error(json.error?.message ?? `The service answered ${response.status}.`);
    }
    body = bubble('assistant', '');
    for await (const data of events(response)) {
      if (data === '[DONE]') break;
      const chunk = JSON.parse(data);
      if (chunk.error) throw new Error(chunk.error.message);
      usage = chunk.usage ?? usage;
      const more = chunk.choices?.[0]?.delta?.content;
      if (more) {
        const follows = said.scrollHeight - said.scrollTop - said.clientHeight < 40;
        answer += more;
        body.textContent = answer;
        if (follows) said.scrollTop = said.scrollHeight;
      }
    }
  } catch (error) {
    if (error.name === 'AbortError') {
      cost.textContent = 'Stopped. What was said until then is charged by estimate; see Usage.';
    } else {
      bubble('wrong', error.message);
    }
  } finally {
    running = null;
    busy(false);
  }
  if (answer) messages.push({ role: 'assistant', content: answer });
  else messages.pop();
  if (usage) {
    const one = charge(usage, option);
    spent += one;
    cost.textContent = `${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out, ${dollars(one)}. `
      + `This conversation: ${dollars(spent)}.`;
  }
}

form?.addEventListener('submit', event => {
  event.preventDefault();
  const text = prompt.value.trim();
  if (!text || running) return;
  prompt.value = '';
  talk(text);
});
prompt?.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
stop?.addEventListener('click', () => running?.abort());
document.getElementById('clear')?.addEventListener('click', () => {
  running?.abort();
  messages = [];
  spent = 0n;
  said.replaceChildren();
  cost.textContent = '';
  prompt.focus();
});
