// What a wallet puts into a page: an EIP-6963 provider and a Wallet Standard wallet for each wallet
// that the test installed. A test may say which before the page loads; else there is one.
'use strict';

(() => {
  const ICON =
    'data:image/svg+xml,' +
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>';
  const installed = globalThis.testWallets ?? [{ name: 'Test Wallet' }];
  delete globalThis.testWallets;

  const waiting = new Map();
  addEventListener('message', ({ source, data }) => {
    if (source !== window || data?.wallet !== 'reply') return;
    const { resolve, reject } = waiting.get(data.id) ?? {};
    if (!resolve) return;
    waiting.delete(data.id);
    if (data.error) reject(Object.assign(new Error(data.error.message), { code: data.error.code }));
    else resolve(data.result);
  });
  const ask = (wallet, method, params) =>
    new Promise((resolve, reject) => {
      const id = crypto.randomUUID();
      waiting.set(id, { resolve, reject });
      postMessage({ wallet: 'request', id, method, params: { wallet, ...params } }, location.origin);
    });

  const listeners = () => {
    const all = new Map();
    const of = event => all.get(event) ?? all.set(event, new Set()).get(event);
    return {
      on: (event, listener) => of(event).add(listener),
      off: (event, listener) => of(event).delete(listener),
      tell: (event, ...facts) => of(event).forEach(listener => listener(...facts)),
    };
  };

  // --- EIP-1193, announced as EIP-6963 says ---

  const ethereum = name => {
    const { on, off, tell } = listeners();
    const provider = {
      on: (event, listener) => (on(event, listener), provider),
      removeListener: (event, listener) => (off(event, listener), provider),
      request: ({ method, params }) => ask(name, method, { arguments: params ?? [] }),
    };
    // The person at the wallet chooses another account there.
    addEventListener('test-wallet:accounts', ({ detail }) => tell('accountsChanged', detail));
    return provider;
  };

  const announce = ({ name, icon = ICON, rdns }) => {
    const provider = Object.freeze(ethereum(name));
    const uuid = crypto.randomUUID();
    const info = Object.freeze({ uuid, name, icon, rdns: rdns ?? 'com.example.w' + uuid });
    const tell = () =>
      dispatchEvent(
        new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
    addEventListener('eip6963:requestProvider', tell);
    tell();
  };

  // --- Wallet Standard ---

  const bytes = hex => Uint8Array.from(hex.match(/../g) ?? [], pair => parseInt(pair, 16));
  const hex = array => Array.from(array, byte => byte.toString(16).padStart(2, '0')).join('');

  const solana = ({ name, icon = ICON, solana: offers = ['signIn', 'signMessage'] }) => {
    const { on, off, tell } = listeners();
    const chains = ['solana:mainnet', 'solana:devnet', 'solana:localnet'];
    let accounts = [];
    const connected = ({ address, publicKey }) => {
      const features = offers.map(offer => 'solana:' + offer);
      const account = { address, publicKey: bytes(publicKey), chains, features };
      accounts = [Object.freeze(account)];
      tell('change', { accounts });
      return accounts[0];
    };
    const signed = ({ message, signature }) => ({
      signedMessage: bytes(message),
      signature: bytes(signature),
      signatureType: 'ed25519',
    });
    const features = {
      'standard:connect': {
        version: '1.0.0',
        connect: async () => {
          connected(await ask(name, 'solana:connect'));
          return { accounts };
        },
      },
      'standard:disconnect': {
        version: '1.0.0',
        disconnect: async () => {
          accounts = [];
          tell('change', { accounts });
        },
      },
      'standard:events': {
        version: '1.0.0',
        on: (event, listener) => {
          on(event, listener);
          return () => off(event, listener);
        },
      },
      'solana:signIn': {
        version: '1.0.0',
        signIn: async (...inputs) => {
          const outputs = [];
          for (const input of inputs.length ? inputs : [{}]) {
            const answer = await ask(name, 'solana:signIn', { input });
            outputs.push({ account: connected(answer), ...signed(answer) });
          }
          return outputs;
        },
      },
      'solana:signMessage': {
        version: '1.1.0',
        signMessage: async (...inputs) => {
          const outputs = [];
          for (const { account, message } of inputs) {
            const what = { address: account.address, message: hex(message) };
            outputs.push(signed(await ask(name, 'solana:signMessage', what)));
          }
          return outputs;
        },
      },
    };
    for (const offer of ['signIn', 'signMessage']) {
      if (!offers.includes(offer)) delete features['solana:' + offer];
    }
    return {
      version: '1.0.0',
      name,
      icon,
      chains,
      features,
      get accounts() {
        return accounts;
      },
    };
  };

  const register = wallet => {
    const callback = ({ register: take }) => take(wallet);
    addEventListener('wallet-standard:app-ready', ({ detail }) => callback(detail));
    dispatchEvent(new CustomEvent('wallet-standard:register-wallet', { detail: callback }));
  };

  for (const wallet of installed) {
    const { families = ['eip155', 'solana'] } = wallet;
    if (families.includes('eip155')) announce(wallet);
    if (families.includes('solana')) register(solana(wallet));
  }
})();
