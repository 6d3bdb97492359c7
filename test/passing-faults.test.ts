import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MiddlewareHandler } from "hono";
import { emulatorFor } from "./support/emulator";
import { brokenOff, dropped, droppedAfterwards, error, type Fault } from "./support/faults";
import { runQuickstart } from "./support/process";
import { assertTranscript } from "./support/transcript";

const faults: Record<string, Fault> = {
  "a dropped connection": dropped,
  "an answer that breaks off": brokenOff,
  "a 429 with Retry-After": error(429, "TooManyRequests", "Slow down.", { "Retry-After": "1" }),
  "a 503": error(503, "ServiceUnavailable"),
};

// Each request fails the first time that it is sent: all eight have to be tried again.
describe("a fault that passes", { concurrency: true }, () => {
  for (const [name, fault] of Object.entries(faults)) {
    test(`${name}, at each request once`, async (t) => {
      const emulator = await emulatorFor(t, everySecond(1, fault));
      const { code, stdout, stderr } = await runQuickstart({ env: emulator.env });
      assertTranscript(stdout);
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.equal(emulator.identities.size, 0);
      // The emulator denies what is not signed correctly, so the second tries were.
      assert.equal(emulator.seen.length, 16);
      for (let first = 0; first < 16; first += 2) {
        assert.equal(emulator.seen[first + 1]?.url, emulator.seen[first]?.url);
        assert.ok((emulator.seen[first + 1]?.status ?? 0) < 300);
      }
    });
  }

  // Not for the first request: if the answer to the creation of a standard identity is lost, nobody knows its ID.
  test("a connection that drops when the service has done what it was asked, at each request but the first", async (t) => {
    const emulator = await emulatorFor(t, everySecond(0, droppedAfterwards));
    const { code, stdout, stderr } = await runQuickstart({ env: emulator.env });
    assertTranscript(stdout);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.equal(emulator.identities.size, 0);
    assert.equal(emulator.seen.length, 15);
  });
});

/** Has a fault happen to every second request. */
function everySecond(remainder: 0 | 1, fault: Fault): MiddlewareHandler {
  let count = 0;
  return async (c, next) => (++count % 2 === remainder ? ((await fault(c, next)) ?? c.res) : next());
}
