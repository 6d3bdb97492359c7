import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";

// Runs all test files in one process: each would load the SDK and the emulator again, which takes longer than most tests.
// Many of the tests run one child process, and more of these at once would only slow each other down.
describe("all tests", { concurrency: 2 * availableParallelism(), timeout: 600_000 }, () => {
  for (const file of readdirSync(__dirname, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".test.ts")) describe(file, () => require(join(__dirname, file)));
  }
});
