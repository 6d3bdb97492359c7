import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";

// Runs every test file in this one process: loading the SDK and the emulator for each file would cost more than most
// tests do. To run a single file: node --require tsx/cjs --test test/unit/preview-client.test.ts
describe("all tests", { concurrency: true }, () => {
  const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" });
  // The file whose tests wait the longest comes first.
  for (const file of new Set([join("e2e", "failures.test.ts"), ...files])) {
    // Its tests run one after another unless it says otherwise. Tests in this process keep it busy as it is.
    if (file.endsWith(".test.ts")) describe(file, { concurrency: 1 }, () => require(join(__dirname, file)));
  }
});
