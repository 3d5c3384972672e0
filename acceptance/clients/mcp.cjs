// What the checks of the MCP servers share: both generations of the official TypeScript client.
// The first speaks the protocol up to 2025-11-25, the second finds out and then speaks 2026-07-28.
"use strict";

const assert = require("node:assert/strict");
const { Client: First } = require("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport: FirstStdio } = require("@modelcontextprotocol/sdk/client/stdio.js");
const {
  StreamableHTTPClientTransport: FirstHttp,
} = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const {
  Client: Second, StreamableHTTPClientTransport: SecondHttp,
} = require("@modelcontextprotocol/client");
const { StdioClientTransport: SecondStdio } = require("@modelcontextprotocol/client/stdio");

const INFO = { name: "runspace-acceptance", version: "1" };

/** Each has a connected client for a transport, and one way to call a tool. */
const GENERATIONS = {
  "client 1": {
    Stdio: FirstStdio,
    Http: FirstHttp,
    async connect(transport) {
      const client = new First(INFO);
      await client.connect(transport);
      return client;
    },
    call: (client, call, options) => client.callTool(call, undefined, options),
  },
  "client 2": {
    Stdio: SecondStdio,
    Http: SecondHttp,
    async connect(transport) {
      const client = new Second(INFO, { versionNegotiation: { mode: "auto" } });
      await client.connect(transport);
      assert.equal(client.getNegotiatedProtocolVersion(), "2026-07-28");
      return client;
    },
    call: (client, call, options) => client.callTool(call, options),
  },
};

/** All that a result says, in one text. */
const said = (result) => result.content.map((block) => block.text).join("\n");

module.exports = { GENERATIONS, said };
