import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";

// Runs every test file in this one process: loading the SDK and the emulator for each file would cost more than most
// tests do. To run a single file: node --require tsx/cjs --test test/unit/preview-client.test.ts
describe("all tests", { concurrency: true }, () => {
  for (const file of readdirSync(__dirname, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".test.ts")) require(join(__dirname, file));
  }
});
