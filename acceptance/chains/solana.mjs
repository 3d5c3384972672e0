// Solana's JSON-RPC for tests: LiteSVM runs the real token programs inside of this process, and this
// answers the questions that the server asks, plus some with which a test makes things happen
// (their names begin with "test_"). Loopback only; each transaction is a slot, which is final at
// once. Starts with a line that names its port. Its argument is the time of its first slot.
import http from "node:http";
import { createRequire } from "node:module";

// Only require() looks into NODE_PATH.
const require = createRequire(import.meta.url);
const { LiteSVM } = require("litesvm");
const kit = require("@solana/kit");
const token = require("@solana-program/token");
const system = require("@solana-program/system");

const TOKEN = token.TOKEN_PROGRAM_ADDRESS;
const TOKEN_2022 = kit.address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
const ACCOUNT_LENGTH = 165;
const GENESIS = "RunSpaceTestChain111111111111111111111111111";
const MOST_ACCOUNTS = 100;

const svm = new LiteSVM();
const payer = await kit.generateKeyPairSigner();
svm.airdrop(payer.address, kit.lamports(1_000_000_000_000n));

const owners = new Map(); // signers by address
const entries = []; // every transaction, the newest first
let slot = 1n;

function setTime(seconds) {
  const clock = svm.getClock();
  clock.unixTimestamp = BigInt(seconds);
  svm.setClock(clock);
}
setTime(Number(process.argv[2] ?? Math.floor(Date.now() / 1000)));

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function nextSlot() {
  const time = svm.getClock().unixTimestamp;
  slot += 1n;
  svm.warpToSlot(slot);
  svm.expireBlockhash();
  setTime(time);
}

async function execute(instructions) {
  const message = kit.pipe(
    kit.createTransactionMessage({ version: 0 }),
    (m) => kit.setTransactionMessageFeePayerSigner(payer, m),
    (m) => svm.setTransactionMessageLifetimeUsingLatestBlockhash(m),
    (m) => kit.appendTransactionMessageInstructions(instructions, m),
  );
  const transaction = await kit.signTransactionMessageWithSigners(message);
  const result = svm.sendTransaction(transaction);
  const failure = typeof result.err === "function" ? String(result.err()) : null;
  const compiled = kit.getCompiledTransactionMessageDecoder().decode(transaction.messageBytes);
  entries.unshift({
    signature: kit.getSignatureFromTransaction(transaction),
    slot: Number(slot),
    blockTime: Number(svm.getClock().unixTimestamp),
    err: failure,
    touched: compiled.staticAccounts,
  });
  nextSlot();
  if (failure) throw new Refusal(-32002, `Transaction simulation failed: ${failure}`);
  return entries[0].signature;
}

const withContext = (value) => ({ context: { apiVersion: "3.0.0", slot: Number(slot) }, value });
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const addressAt = (bytes, from) => kit.getAddressDecoder().decode(bytes.slice(from, from + 32));

function account(address) {
  const found = svm.getAccount(kit.address(address));
  if (!found || !found.exists) return null;
  return {
    data: [base64(found.data), "base64"],
    executable: found.executable,
    lamports: Number(found.lamports),
    owner: found.programAddress,
    rentEpoch: 0,
    space: found.data.length,
  };
}

function accountsOf(owner, mint) {
  const found = [];
  for (const program of [TOKEN, TOKEN_2022]) {
    for (const each of svm.getProgramAccounts(program)) {
      const isAccount = each.data.length >= ACCOUNT_LENGTH;
      if (isAccount && addressAt(each.data, 0) === mint && addressAt(each.data, 32) === owner) {
        found.push({ pubkey: each.address, account: account(each.address) });
      }
    }
  }
  return found;
}

const programOf = (mint) => svm.getAccount(kit.address(mint)).programAddress;

async function placeOf(mint, owner) {
  const [place] = await token.findAssociatedTokenPda({
    mint: kit.address(mint),
    owner: kit.address(owner),
    tokenProgram: programOf(mint),
  });
  return place;
}

const openAccount = (mint, owner) =>
  token.getCreateAssociatedTokenIdempotentInstructionAsync({
    payer,
    mint: kit.address(mint),
    owner: kit.address(owner),
    tokenProgram: programOf(mint),
  });

// The classic program and its successor have the same instructions at the same numbers.
const at = (program, instruction) => ({ ...instruction, programAddress: program });

const methods = {
  getHealth: () => "ok",
  getGenesisHash: () => GENESIS,
  getSlot: () => Number(slot),
  getAccountInfo: ([address]) => withContext(account(address)),
  getMultipleAccounts([addresses]) {
    if (addresses.length > MOST_ACCOUNTS) throw new Refusal(-32602, "Too many inputs provided; max 100");
    return withContext(addresses.map(account));
  },
  getTokenAccountsByOwner: ([owner, filter]) => withContext(accountsOf(owner, filter.mint)),
  getSignaturesForAddress([address, options]) {
    const own = entries.filter((entry) => entry.touched.includes(address));
    const start = options?.before ? own.findIndex((e) => e.signature === options.before) + 1 : 0;
    return own
      .slice(start, start + (options?.limit ?? 1000))
      .map(({ touched, ...entry }) => ({ ...entry, memo: null, confirmationStatus: "finalized" }));
  },

  test_time([seconds]) {
    setTime(seconds);
    nextSlot();
    return seconds;
  },
  async test_owner() {
    const signer = await kit.generateKeyPairSigner();
    owners.set(signer.address, signer);
    return signer.address;
  },
  async test_mint([decimals, program2022]) {
    const program = program2022 ? TOKEN_2022 : TOKEN;
    const mint = await kit.generateKeyPairSigner();
    const space = BigInt(token.getMintSize());
    const lamports = svm.minimumBalanceForRentExemption(space);
    await execute([
      system.getCreateAccountInstruction({ payer, newAccount: mint, lamports, space, programAddress: program }),
      at(program, token.getInitializeMint2Instruction({ mint: mint.address, decimals, mintAuthority: payer.address })),
    ]);
    return mint.address;
  },
  async test_mintTo([mint, owner, amount]) {
    const place = await placeOf(mint, owner);
    await execute([
      await openAccount(mint, owner),
      at(programOf(mint), token.getMintToInstruction({ mint, token: place, mintAuthority: payer, amount: BigInt(amount) })),
    ]);
    return place;
  },
  async test_transfer([mint, from, to, amount]) {
    const source = await placeOf(mint, from);
    const destination = await placeOf(mint, to);
    const authority = owners.get(from);
    return execute([
      await openAccount(mint, to),
      at(programOf(mint), token.getTransferInstruction({ source, destination, authority, amount: BigInt(amount) })),
    ]);
  },
  // Gives the account itself to another owner, with no transfer.
  async test_giveAccount([mint, from, to]) {
    const owned = await placeOf(mint, from);
    const instruction = token.getSetAuthorityInstruction({
      owned,
      owner: owners.get(from),
      authorityType: token.AuthorityType.AccountOwner,
      newAuthority: kit.address(to),
    });
    return execute([at(programOf(mint), instruction)]);
  },
};

async function answer(question) {
  const head = { jsonrpc: "2.0", id: question.id ?? null };
  try {
    const method = methods[question.method];
    if (!method) throw new Refusal(-32601, "Method not found");
    return { ...head, result: await method(question.params ?? []) };
  } catch (error) {
    return { ...head, error: { code: error.code ?? -32603, message: String(error.message) } };
  }
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    let body;
    try {
      body = JSON.parse(Buffer.concat(parts).toString());
    } catch {
      response.writeHead(400).end();
      return;
    }
    const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers));
  });
});
server.listen(0, "127.0.0.1", () => console.log(`Listening on 127.0.0.1:${server.address().port}`));
