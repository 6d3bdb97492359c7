import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { delayed, droppedAfterwards, error, respond } from "../support/faults.ts";
import { assertDeleted, assertTranscript, runQuickstart, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

describe("the cleanup", { concurrency: true }, () => {
  test("deletes the others if a delete fails, prints the ID that is left and the reason, and exits with 1", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(DELETE, 1, error(403, "Forbidden", "Not allowed."));
    const { code, stdout, stderr } = await runQuickstart(emulator);
    const [left, ...others] = emulator.identities;
    assert.deepEqual(others, []);
    assert.match(
      stderr,
      new RegExp(`^These identities .*README\\.md .*:\n${left}\nDELETE /identities/… on .*: Not allowed`),
    );
    assert.match(stderr, /^(.+\n){4}$/);
    assert.doesNotMatch(stdout, /Deleted identities/);
    assert.equal(code, 1);
  });

  test("prints both reasons if a step fails and then a delete", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(ISSUE, 1, error(403, "Forbidden", "Not allowed."));
    emulator.on(DELETE, "each", error(409, "Locked", "Try later."));
    const { code, stderr } = await runQuickstart(emulator);
    assert.equal(emulator.identities.size, 2);
    const ids = [...emulator.identities].join("\n");
    assert.match(
      stderr,
      new RegExp(`^POST .*: Not allowed\\.\n.+\nThese .*:\n${ids}\nDELETE .* 409 Locked: Try later`),
    );
    assert.match(stderr, /^(.+\n){7}$/);
    assert.equal(code, 1);
  });

  test("succeeds if a delete finds that the identity is gone", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(DELETE, 1, respond(404, '{"error":{"code":"NotFound","message":"No such identity."}}'));
    // The SDK sends the request again, and the response is 401 IdentityNotOwned.
    emulator.on(DELETE, 2, droppedAfterwards);
    assertTranscript(await runQuickstart(emulator));
  });

  test("runs if the reader goes away, as in `npm start | head -1`: it prints nothing and exits with 0", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, 2, delayed(300));
    const { child, ended } = await startQuickstart(emulator);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assertDeleted(emulator, 2);
  });
});
