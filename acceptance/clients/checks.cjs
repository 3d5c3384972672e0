// What the Node clients share: named checks, printed for acceptance/run.
"use strict";

const { env } = process;

const CHECK_MILLIS = 60_000;

/** What a check comes to, or an error when it takes too long for anybody to wait. */
function inTime(check) {
  let timer;
  const late = new Promise((_, reject) => {
    const words = `still running after ${CHECK_MILLIS / 1000} s`;
    timer = setTimeout(() => reject(new Error(words)), CHECK_MILLIS);
  });
  return Promise.race([check(), late]).finally(() => clearTimeout(timer));
}

/** Runs the checks, an object of name → async function, one after the other. */
async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await inTime(check);
      console.log(`ok ${name}`);
    } catch (e) {
      const place = e.stack?.match(/:(\d+):\d+\)?$/m)?.[1];
      const reason = `${e.name}: ${e.message}`.replace(/\s+/g, " ").slice(0, 300);
      console.log(`not ok ${name}: ${reason} (line ${place})`);
    }
  }
  // Connections that are kept alive for a next call need not be waited for.
  process.exit(0);
}

async function askProvider(path, user, method) {
  const answer = await fetch(`${env.RUNSPACE_PROVIDER}/control/${path}?user=${user}`, { method });
  return answer.json();
}

/** The requests that the scripted provider got under that `user`, oldest first. */
const forwarded = (user) => askProvider("requests", user, "GET");

/** Lets the stream of `scripted/gate` under that `user` go on. */
const release = (user) => askProvider("release", user, "POST");

/** A fetch that notes in `calls` when each request left, and when and how it was answered. */
function noting(calls, onAnswer = () => {}) {
  return async (url, init) => {
    const call = { sent: performance.now() };
    calls.push(call);
    const answer = await fetch(url, init);
    call.answered = performance.now();
    call.status = answer.status;
    call.headers = answer.headers;
    await onAnswer(call);
    return answer;
  };
}

module.exports = {
  BASE_URL: env.RUNSPACE_BASE_URL,
  KEY: env.RUNSPACE_KEY,
  MODEL: env.RUNSPACE_MODEL,
  SMALL_URL: env.RUNSPACE_SMALL_URL,
  SMALL_KEY: env.RUNSPACE_SMALL_KEY,
  forwarded,
  noting,
  release,
  run,
};
