import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emulatorFor } from "./support/emulator";
import { brokenOff, dropped, droppedAfterwards, error, type Fault, on } from "./support/faults";
import { runQuickstart } from "./support/process";
import { assertTranscript } from "./support/transcript";

const faults: Record<string, Fault> = {
  "a dropped connection": dropped,
  "an answer that breaks off": brokenOff,
  "a 429 with Retry-After": error(429, "TooManyRequests", "Slow down.", { "Retry-After": "1" }),
  "a 503": error(503, "ServiceUnavailable"),
};

describe("a fault that passes", { concurrency: 6 }, () => {
  for (const [name, fault] of Object.entries(faults)) {
    for (let request = 1; request <= 8; request++) {
      test(`${name}, at request ${request}`, async (t) => {
        const emulator = await emulatorFor(t, on("any", request, fault));
        const { code, stdout, stderr } = await runQuickstart({ env: emulator.env });
        assertTranscript(stdout);
        assert.equal(stderr, "");
        assert.equal(code, 0);
        // The emulator denies what is not signed correctly, so the second try was.
        assert.equal(emulator.seen.length, 9);
        assert.equal(emulator.seen[request]?.operation, emulator.seen[request - 1]?.operation);
        assert.equal(emulator.identities.size, 0);
      });
    }
  }

  // Not for the first request: if the answer to the creation of a standard identity is lost, nobody knows its ID.
  for (let request = 2; request <= 8; request++) {
    test(`a connection that drops when the service has done what it was asked, at request ${request}`, async (t) => {
      const emulator = await emulatorFor(t, on("any", request, droppedAfterwards));
      const { code, stdout } = await runQuickstart({ env: emulator.env });
      assertTranscript(stdout);
      assert.equal(code, 0);
      assert.equal(emulator.identities.size, 0);
    });
  }
});
