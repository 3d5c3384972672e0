// The least that a page must do to have both kinds of wallet sign. The texts come from the test.
'use strict';

const say = text => (document.querySelector('[role=status]').textContent = text);
const hex = array => Array.from(array, byte => byte.toString(16).padStart(2, '0')).join('');
const challenge = async body =>
  (await fetch('/challenge', { method: 'POST', body: JSON.stringify(body) })).json();
const verify = async body => {
  const answer = await fetch('/verify', { method: 'POST', body: JSON.stringify(body) });
  say(await answer.text());
};

const ethereum = async provider => {
  const [address] = await provider.request({ method: 'eth_requestAccounts' });
  const { message } = await challenge({ family: 'eip155', address });
  const params = ['0x' + hex(new TextEncoder().encode(message)), address];
  const signature = await provider.request({ method: 'personal_sign', params });
  await verify({ family: 'eip155', address, message, signature });
};

const solana = async ({ features }) => {
  const { message, input, raw } = await challenge({ family: 'solana' });
  if (raw) {
    const { accounts } = await features['standard:connect'].connect();
    const what = { account: accounts[0], message: new TextEncoder().encode(message) };
    const [{ signature }] = await features['solana:signMessage'].signMessage(what);
    return verify({ family: 'solana', address: accounts[0].address, message, signature: hex(signature) });
  }
  const [{ account, signedMessage, signature }] = await features['solana:signIn'].signIn(input);
  const signed = new TextDecoder().decode(signedMessage);
  await verify({ family: 'solana', address: account.address, message: signed, signature: hex(signature) });
};

const offer = (family, name, icon, login) => {
  const button = document.createElement('button');
  button.className = family;
  const image = document.createElement('img');
  image.src = icon;
  image.alt = '';
  image.width = image.height = 16;
  button.append(image, name);
  button.addEventListener('click', () => {
    say('…');
    login().catch(e => say('error ' + e.code + ': ' + e.message));
  });
  document.querySelector('#wallets').append(button);
};

addEventListener('eip6963:announceProvider', ({ detail: { info, provider } }) =>
  offer('eip155', info.name, info.icon, () => ethereum(provider)));
dispatchEvent(new Event('eip6963:requestProvider'));

const register = wallet => offer('solana', wallet.name, wallet.icon, () => solana(wallet));
addEventListener('wallet-standard:register-wallet', ({ detail }) => detail({ register }));
dispatchEvent(new CustomEvent('wallet-standard:app-ready', { detail: { register } }));
