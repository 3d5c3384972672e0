// The one script of the pages. Without it everything works but signing with a wallet.

// Copying: <button data-copy="id" hidden>. The button shows when it can work.
for (const button of document.querySelectorAll('[data-copy]')) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) continue;
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = 'Copied';
      say('Copied.');
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = 'Press Ctrl+C';
    }
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

// Says something to screen readers, without moving anything.
function say(text) {
  let live = document.getElementById('live');
  if (!live) {
    live = Object.assign(document.createElement('p'), { id: 'live', className: 'sr' });
    live.setAttribute('role', 'status');
    document.body.append(live);
  }
  live.textContent = '';
  setTimeout(() => { live.textContent = text; }, 50);
}

// Countdowns: <time data-countdown="seconds">. From the server's seconds, since clocks may be wrong.
const countdowns = [...document.querySelectorAll('[data-countdown]')];
function span(seconds) {
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return 'a moment';
  const [[size, unit], next] = [parts[first], parts[first + 1]];
  const rest = next && next[1] !== 's' ? Math.floor((seconds % size) / next[0]) : 0;
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${next[1]}` : ''}`;
}
function tick() {
  for (const time of countdowns) {
    const text = span(Math.max(0, time.dataset.countdown - performance.now() / 1000));
    if (time.textContent !== text) time.textContent = text;
  }
}
if (countdowns.length) setInterval(tick, 1000);

// Wallets. Both kinds announce themselves: EVM by EIP-6963, Solana by the Wallet Standard. Nothing
// is asked of a wallet before somebody clicks on it.
const wallets = new Map();
const lists = new Set();
const ICON = /^data:image\/(png|svg\+xml|webp|gif|jpeg)[;,]/;

function add(key, wallet) {
  if (wallets.has(key)) return;
  wallets.set(key, wallet);
  lists.forEach(show => show());
}

addEventListener('eip6963:announceProvider', ({ detail }) => {
  const { info, provider } = detail ?? {};
  if (!info?.uuid || !provider?.request) return;
  add(`evm ${info.uuid}`, {
    name: String(info.name), icon: String(info.icon), chain: 'eip155', label: 'EVM',
    sign: purpose => signEvm(provider, purpose),
  });
  provider.on?.('accountsChanged', shown => compare(shown?.[0]));
});

function register(...added) {
  for (const wallet of added) {
    if (!wallet?.chains?.some(chain => String(chain).startsWith('solana:'))) continue;
    const known = ['solana:signIn', 'solana:signMessage', 'solana:signOffchainMessage'];
    if (!known.some(feature => wallet.features?.[feature])) continue;
    add(`solana ${wallet.name}`, {
      name: String(wallet.name), icon: String(wallet.icon), chain: 'solana', label: 'Solana',
      sign: purpose => signSolana(wallet, purpose),
    });
  }
  return () => {};
}

function discover() {
  dispatchEvent(new Event('eip6963:requestProvider'));
  const api = Object.freeze({ register });
  addEventListener('wallet-standard:register-wallet', event => event.detail(api));
  dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: api }));
  setTimeout(() => {
    if (window.ethereum?.request && ![...wallets.values()].some(w => w.chain === 'eip155')) {
      add('evm injected', {
        name: 'Browser wallet', icon: '', chain: 'eip155', label: 'EVM',
        sign: purpose => signEvm(window.ethereum, purpose),
      });
    }
    searched = true;
    lists.forEach(show => show());
  }, 500);
}
let searched = false;

// A wallet that shows another account than the one signed in: said, and nothing is switched.
function compare(address) {
  const here = document.querySelector('.who-name')?.title;
  if (!here?.startsWith('0x') || !address || address.toLowerCase() === here.toLowerCase()) return;
  let note = document.getElementById('other-account');
  if (!note) {
    note = Object.assign(document.createElement('p'), { id: 'other-account', className: 'notice' });
    note.setAttribute('role', 'status');
    document.getElementById('main').prepend(note);
  }
  note.textContent = `You are signed in as ${here}; your wallet shows ${address} now.`;
}

// Asking the server.
async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error('The service cannot be reached. Check the connection and try again.');
  }
  const json = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(json.error?.message ?? `The service answered ${answer.status}.`);
    error.code = json.error?.code;
    throw error;
  }
  return json;
}

const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));

async function signEvm(provider, purpose) {
  const [address] = await provider.request({ method: 'eth_requestAccounts' });
  if (!address) throw new Error('The wallet showed no account. Unlock it and try again.');
  const asked = await post('/auth/challenge', { chain: 'eip155', address, purpose });
  let hex = '0x';
  for (const byte of new TextEncoder().encode(asked.message)) hex += byte.toString(16).padStart(2, '0');
  const signature = await provider.request({ method: 'personal_sign', params: [hex, address] });
  return post('/auth/verify', { id: asked.id, chain: 'eip155', address, purpose, signature });
}

async function signSolana(wallet, purpose) {
  const can = wallet.features;
  const chain = 'solana';
  if (can['solana:signIn']) {
    const asked = await post('/auth/challenge', { chain, purpose });
    const [signed] = await can['solana:signIn'].signIn(asked.solana);
    return post('/auth/verify', {
      id: asked.id, chain, purpose, kind: 'sign_in', address: signed.account.address,
      signed: base64(signed.signedMessage), signature: base64(signed.signature),
    });
  }
  const connected = await can['standard:connect']?.connect();
  const account = (connected?.accounts ?? wallet.accounts)?.[0];
  if (!account) throw new Error('The wallet showed no account. Unlock it and try again.');
  const { address } = account;
  const asked = await post('/auth/challenge', { chain, address, purpose });
  const offchain = can['solana:signOffchainMessage'];
  const raw = new TextEncoder().encode(asked.message);
  const [signed] = offchain
    ? await offchain.signOffchainMessage({
      account, messageVersion: 1, message: asked.message, requiredSigners: [account.publicKey],
    })
    : await can['solana:signMessage'].signMessage({ account, message: raw });
  return post('/auth/verify', {
    id: asked.id, chain, purpose, kind: offchain ? 'offchain' : 'message', address,
    signed: base64(signed.signedOffchainMessage ?? signed.signedMessage ?? raw), signature: base64(signed.signature),
  });
}

// What went wrong, in words and with what to do.
function words(error) {
  switch (error?.code) {
    case 4001: return 'You declined in the wallet. Choose it again when you are ready.';
    case -32002: return 'The wallet is waiting for an answer already. Open it and look there.';
    case 4100: case 4200: return 'This wallet cannot sign texts with that account. Try another one.';
    case 'challenge_expired': return 'That took longer than five minutes. Please start again.';
    default: break;
  }
  const text = String(error?.message ?? '');
  if (/reject|declin|denied|cancel/i.test(text)) return words({ code: 4001 });
  return text || 'The wallet did not sign. Please try again.';
}

// Fills a place that has data-wallets, data-none, data-error and data-status with what is there.
function offer(place, purpose, done) {
  const [list, none, wrong, status] = ['wallets', 'none', 'error', 'status']
    .map(name => place.querySelector(`[data-${name}]`));
  const shown = new Set();
  const show = () => {
    for (const [key, wallet] of wallets) {
      if (shown.has(key)) continue;
      shown.add(key);
      list.append(entry(wallet));
    }
    none.hidden = shown.size > 0;
    if (searched && !shown.size) {
      none.querySelector('h2').textContent = 'No wallet found';
      const help = document.querySelector('[data-phone]');
      if (help) help.open = true;
      none.querySelector('[data-none-text]').textContent = help
        ? 'This browser has no wallet that announces itself. What to do is told below.'
        : 'Install or switch on your wallet in this browser, then load this page again.';
    }
  };
  const entry = wallet => {
    const item = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'btn wallet' });
    if (ICON.test(wallet.icon)) {
      button.append(Object.assign(document.createElement('img'), { src: wallet.icon, alt: '' }));
    }
    const name = Object.assign(document.createElement('span'), { textContent: wallet.name });
    const chain = Object.assign(document.createElement('span'), { className: 'chain', textContent: wallet.label });
    button.append(name, chain);
    button.addEventListener('click', () => run(wallet, button));
    item.append(button);
    return item;
  };
  let busy = false;
  const run = async (wallet, button) => {
    if (busy) return;
    busy = true;
    wrong.hidden = true;
    status.textContent = `Open ${wallet.name} and sign the text it shows.`;
    button.setAttribute('aria-disabled', 'true');
    try {
      const answer = await wallet.sign(purpose);
      status.textContent = 'Signed.';
      await done(answer);
    } catch (error) {
      status.textContent = '';
      wrong.textContent = words(error);
      wrong.hidden = false;
      button.focus();
    } finally {
      busy = false;
      button.removeAttribute('aria-disabled');
    }
  };
  lists.add(show);
  show();
}

// A dialog with the wallets; settles when one of them has signed.
function ask(title, text, purpose) {
  return new Promise((resolve, reject) => {
    const dialog = document.createElement('dialog');
    dialog.setAttribute('aria-labelledby', 'ask-title');
    const make = (tag, facts, data) => {
      const element = Object.assign(document.createElement(tag), facts);
      if (data) element.dataset[data] = '';
      return element;
    };
    const none = make('div', {}, 'none');
    none.append(make('h2', { textContent: 'Looking for a wallet…' }), make('p', { className: 'soft' }, 'noneText'));
    const wrong = make('p', { className: 'wrong', hidden: true }, 'error');
    wrong.setAttribute('role', 'alert');
    const status = make('p', { className: 'soft small' }, 'status');
    status.setAttribute('role', 'status');
    const cancel = make('button', { type: 'button', className: 'btn block', textContent: 'Cancel' });
    const stack = make('div', { className: 'stack' });
    stack.append(
      make('h2', { id: 'ask-title', textContent: title }), make('p', { className: 'soft', textContent: text }),
      make('ul', { className: 'wallets' }, 'wallets'), none, wrong, status, cancel);
    dialog.append(stack);
    document.body.append(dialog);
    cancel.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => { dialog.remove(); reject(new Error('closed')); });
    offer(dialog, purpose, answer => { resolve(answer); dialog.close(); });
    dialog.showModal();
  });
}

const confirmation = what =>
  ask('Sign to confirm', `To ${what}, one of your wallets signs once more. It costs nothing.`, 'confirm');

// Forms that need a fresh signature: the wallet first, then the form as it was filled in.
for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', async event => {
    if (!form.dataset.confirm) return;
    event.preventDefault();
    try {
      await confirmation(form.dataset.confirm);
    } catch {
      return;
    }
    delete form.dataset.confirm;
    form.requestSubmit(event.submitter);
  });
}

const place = document.getElementById('sign-in');
if (place) {
  // The path comes from the server, which lets only paths of this site pass.
  offer(place, 'sign_in', () => { location.assign(place.dataset.next); });
}

const link = document.querySelector('[data-link]');
if (link) {
  link.hidden = false;
  link.addEventListener('click', async () => {
    try {
      await ask('Link a wallet', 'Choose the account to add in your wallet. It signs a text that says so.', 'link');
      location.assign('/account?done=linked');
    } catch { /* closed */ }
  });
}

if (place || link || document.querySelector('form[data-confirm]')) discover();
