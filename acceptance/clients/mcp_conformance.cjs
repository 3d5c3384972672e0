// The official conformance suite of the Model Context Protocol, on the address with a key in it:
// every server scenario that is about something we offer, in both eras of the protocol.
//
// Left out, because they are about what we do not have: prompts, resources, completion, logging,
// sampling, elicitation and input requests, tasks, skills, events to resume after, parameters as
// headers, and tools that answer with pictures or sound. The scenarios that call tools of the
// suite's own are run by a Java test (ConformanceTest), which has such tools on the same engine.
"use strict";

const { execFile } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { BASE_URL, KEY, run } = require("./checks.cjs");

const SUITE = path.join(
  require.resolve("@modelcontextprotocol/conformance/package.json"), "..", "dist", "index.js",
);
const BASELINE = path.join(__dirname, "..", "conformance", "baseline.yaml");

const SCENARIOS = {
  "2025-06-18": ["server-initialize", "ping", "tools-list"],
  "2025-11-25": [
    "server-initialize", "ping", "tools-list", "server-session-lifecycle",
    "server-sse-multiple-streams", "dns-rebinding-protection",
  ],
  "2026-07-28": [
    "server-stateless", "tools-list", "caching", "http-header-validation",
    "server-sse-multiple-streams", "dns-rebinding-protection",
    "input-required-result-unsupported-methods", "input-required-result-validate-input",
  ],
};

const sum = { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0 };
let expected = 0;

/** Runs one scenario; the suite ends with 1 when anything but the baseline failed, or did not. */
function scenario(version, name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "runspace-conformance-"));
  const words = [
    SUITE, "server", "--url", `${BASE_URL}/mcp/${KEY}`, "--scenario", name,
    "--spec-version", version, "--expected-failures", BASELINE, "-o", folder,
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { timeout: 60_000 }, (error, out) => {
      const failed = [];
      for (const place of fs.readdirSync(folder, { recursive: true })) {
        if (path.basename(place) !== "checks.json") continue;
        for (const { id, status } of JSON.parse(fs.readFileSync(path.join(folder, place)))) {
          if (status in sum) sum[status]++;
          if (status === "FAILURE") failed.push(id);
        }
      }
      fs.rmSync(folder, { recursive: true });
      if (!error) {
        expected += failed.length;
        resolve();
      } else {
        // The address has the key in it.
        const said = out.replaceAll(KEY, "…").trim().split("\n").slice(-6).join(" ");
        reject(new Error(`${failed.join(", ")} | ${said}`));
      }
    });
  });
}

const checks = {};
for (const [version, names] of Object.entries(SCENARIOS)) {
  for (const name of names) checks[`${version} ${name}`] = () => scenario(version, name);
}
checks["every failure is in the baseline"] = () => {
  const { SUCCESS, FAILURE, WARNING } = sum;
  if (SUCCESS < 40 || FAILURE !== expected) throw new Error(JSON.stringify(sum));
  // Printed as a check, so that the run shows it.
  console.log(`ok summary: ${SUCCESS} checks of the suite hold; ${FAILURE} fail and ${WARNING} warn, as the baseline says`);
};

run(checks);
