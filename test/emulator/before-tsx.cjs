// Loaded before tsx, which looks through every file that is loaded after it. That takes longer than loading these.
require("@azure/communication-identity");
require("reflect-metadata");
require("@peculiar/x509");
require("hono");
require("@hono/node-server");
require("jose");

// tsx keeps its cache in the temporary folder, and ends with a stack trace if it can't write there.
const { mkdtempSync, rmdirSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

try {
  rmdirSync(mkdtempSync(join(tmpdir(), "identity-emulator-")));
} catch ({ code }) {
  console.error(
    `Cannot write to the temporary folder ${tmpdir()} (${code}). Set TMPDIR, or TEMP on Windows, to another one.`,
  );
  process.exit(1);
}
