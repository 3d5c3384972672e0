// The wallet itself. Before it asks the person whether to sign, it looks whether the message is for
// the page that brought it. The person is the test: it answers each question on a loopback port and
// hands over the key to sign with, so that the worker may be ended and started as the browser likes.
import { signAsync } from './noble/secp256k1.js';
import { keccak_256 as keccak } from './noble/sha3.js';
import { PERSON } from './person.js';

const SIGN_IN =
  /^(?:([a-z]+):\/\/)?(\S+) wants you to sign in with your (Ethereum|Solana) account:\n(\S+)/;

const utf8 = text => new TextEncoder().encode(text);
const bytes = hex =>
  Uint8Array.from(hex.replace(/^0x/, '').match(/../g) ?? [], pair => parseInt(pair, 16));
const hex = array => Array.from(array, byte => byte.toString(16).padStart(2, '0')).join('');
const refusal = (code, message) => Object.assign(new Error(message), { code });

// What the person says: {secret, address, publicKey}, or a refusal.
const person = async (origin, wallet, method, message) => {
  const body = JSON.stringify({ origin, wallet, method, message });
  const answer = await (await fetch(PERSON, { method: 'POST', body })).json();
  if (answer.code) throw refusal(answer.code, answer.message);
  return answer;
};

// A page must not get a message signed that another page would take for a sign-in.
const forThisPage = async (origin, wallet, method, text, address) => {
  const [, scheme, domain, , named] = SIGN_IN.exec(text) ?? [];
  const uri = /^URI: (.+)$/m.exec(text)?.[1];
  const page = new URL(origin);
  const foreign =
    domain !== undefined &&
    (domain !== page.host ||
      (scheme !== undefined && scheme + ':' !== page.protocol) ||
      (uri !== undefined && new URL(uri).origin !== origin) ||
      (address !== undefined && named.toLowerCase() !== address.toLowerCase()));
  if (!foreign) return;
  await person(origin, wallet, 'refused:' + method, text);
  throw refusal(4001, 'This message is not for ' + origin);
};

const ethereumSignature = async (secret, message) => {
  const head = utf8('\x19Ethereum Signed Message:\n' + message.length);
  const hash = keccak(new Uint8Array([...head, ...message]));
  const options = { prehash: false, format: 'recovered' };
  const signature = await signAsync(hash, bytes(secret), options);
  return '0x' + hex(signature.slice(1)) + (27 + signature[0]).toString(16);
};

const solanaSignature = async (secret, message) => {
  const seed = new Uint8Array([...bytes('302e020100300506032b657004220420'), ...bytes(secret)]);
  const key = await crypto.subtle.importKey('pkcs8', seed, 'Ed25519', false, ['sign']);
  return hex(new Uint8Array(await crypto.subtle.sign('Ed25519', key, message)));
};

// The text of a sign-in as the wallet writes it; fields that were not asked for are left out.
const signInText = (input, page, address) => {
  const fields = [
    ['URI', input.uri],
    ['Version', input.version],
    ['Chain ID', input.chainId],
    ['Nonce', input.nonce],
    ['Issued At', input.issuedAt],
    ['Expiration Time', input.expirationTime],
    ['Not Before', input.notBefore],
    ['Request ID', input.requestId],
  ].filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => name + ': ' + value);
  if (input.resources) lines.push('Resources:', ...input.resources.map(each => '- ' + each));
  const domain = input.domain ?? page.host;
  return [
    domain + ' wants you to sign in with your Solana account:\n' + (input.address ?? address),
    ...(input.statement ? [input.statement] : []),
    ...(lines.length ? [lines.join('\n')] : []),
  ].join('\n\n');
};

const methods = {
  eth_chainId: async () => '0x1',
  eth_accounts: async () => [],
  eth_requestAccounts: async (origin, { wallet }) =>
    [(await person(origin, wallet, 'eth_requestAccounts')).address],
  personal_sign: async (origin, { wallet, arguments: [what, address] }) => {
    const message = bytes(what);
    const text = new TextDecoder().decode(message);
    await forThisPage(origin, wallet, 'personal_sign', text, address);
    const { secret } = await person(origin, wallet, 'personal_sign', text);
    return ethereumSignature(secret, message);
  },
  'solana:connect': async (origin, { wallet }) => {
    const { address, publicKey } = await person(origin, wallet, 'solana:connect');
    return { address, publicKey };
  },
  'solana:signIn': async (origin, { wallet, input }) => {
    const draft = signInText(input, new URL(origin), '?');
    await forThisPage(origin, wallet, 'solana:signIn', draft);
    const { secret, address, publicKey } = await person(origin, wallet, 'solana:signIn', draft);
    const message = utf8(signInText(input, new URL(origin), address));
    const signature = await solanaSignature(secret, message);
    return { address, publicKey, message: hex(message), signature };
  },
  'solana:signMessage': async (origin, { wallet, address, message }) => {
    const text = new TextDecoder().decode(bytes(message));
    await forThisPage(origin, wallet, 'solana:signMessage', text, address);
    const { secret } = await person(origin, wallet, 'solana:signMessage', text);
    return { message, signature: await solanaSignature(secret, bytes(message)) };
  },
};

const answer = async ({ method, params }, { origin }) => {
  try {
    const known = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!known) throw refusal(4200, 'This wallet knows no ' + method);
    return { result: await known(origin, params) };
  } catch (e) {
    return { error: { code: e.code ?? -32603, message: e.message } };
  }
};

chrome.runtime.onMessage.addListener((request, sender, reply) => {
  answer(request, sender).then(reply);
  return true;
});
