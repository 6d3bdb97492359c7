import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dropped, droppedAfterwards, error } from "../support/faults.ts";
import { assertTranscript, runQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, GET, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

// The SDK waits a second before it sends a request again.
describe("a transient fault", { concurrency: true }, () => {
  test("each request fails once: the run succeeds", async (t) => {
    const emulator = await startTestEmulator(t);
    const faults = [
      error(429, "TooManyRequests", "Slow down.", { "Retry-After": "1" }),
      dropped,
      error(503, "ServiceUnavailable"),
    ];
    // Requests 1, 3, 5 … are first tries.
    for (let step = 0; step < 8; step++) emulator.on("any", 2 * step + 1, faults[step % 3] ?? dropped);
    assertTranscript(await runQuickstart(emulator, { waits: true }));
    assert.equal(emulator.identities.size, 0);
    assert.equal(emulator.seen.length, 16);
    // The emulator refuses what is not signed correctly, so the second tries were.
    for (const [index, { status, url }] of emulator.seen.entries()) {
      if (index % 2 === 0) continue;
      assert.equal(url, emulator.seen[index - 1]?.url);
      assert.ok(status < 300);
    }
  });

  test("responses are lost after the service has acted: the run succeeds, and one identity is left unknown", async (t) => {
    const emulator = await startTestEmulator(t);
    for (const which of [1, 3, 5]) emulator.on(CREATE, which, droppedAfterwards);
    for (const operation of [GET, ISSUE]) emulator.on(operation, 1, droppedAfterwards);
    assertTranscript(
      await runQuickstart(emulator, { waits: true }),
      "The service may hold an identity with an unknown ID: a request to create one did not succeed.\n",
    );
    assert.equal(emulator.identities.size, 1);
    assert.equal(emulator.seen.filter(({ operation }) => operation === DELETE).length, 2);
  });
});
