// What the Node clients share: named checks, printed for acceptance/run.
"use strict";

const { RUNSPACE_BASE_URL, RUNSPACE_KEY, RUNSPACE_MODEL } = process.env;

/** Runs the checks, an object of name → async function, one after the other. */
async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (e) {
      const reason = `${e.name}: ${e.message}`.replace(/\s+/g, " ").slice(0, 300);
      console.log(`not ok ${name}: ${reason}`);
    }
  }
}

module.exports = { BASE_URL: RUNSPACE_BASE_URL, KEY: RUNSPACE_KEY, MODEL: RUNSPACE_MODEL, run };
