import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Result } from "../support/child-process.ts";
import { delayed, error, failedAfterwards } from "../support/faults.ts";
import { assertDeleted, assertFailure, runQuickstart, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, ISSUE, startTestEmulator, type TestEmulator } from "../support/test-emulator.ts";

const UNKNOWN = "The service may hold an identity with an unknown ID: a request to create one did not succeed.\n";

describe("the cleanup", { concurrency: true }, () => {
  test("names what it cannot delete, and nothing else", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(ISSUE, 1, error(403, "Forbidden"));
    emulator.on(DELETE, 2, error(403, "Forbidden"));
    const { code, stderr } = await runQuickstart(emulator);
    assert.equal(emulator.identities.size, 1);
    assertNamed(emulator, stderr);
    assert.equal(code, 1);
  });

  test("names what is left when a line that was added ends the process with a failure", async (t) => {
    const emulator = await startTestEmulator(t);
    const { code, stderr } = await runQuickstart(emulator, { edit: "process.exit(3);" });
    assert.equal(emulator.identities.size, 2);
    assertNamed(emulator, stderr);
    assert.equal(code, 3);
  });

  test("tries a delete again that failed in the steps", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(DELETE, 1, error(403, "Forbidden"));
    assertFailure(await runQuickstart(emulator), /^The service responded with 403 Forbidden/);
    assertDeleted(emulator, 2);
  });

  test("when another run has deleted the identity: does not name it", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(DELETE, 2, async (_, next) => {
      for (const id of emulator.identities) emulator.identities.delete(id);
      await next();
    });
    const expected =
      /^The service responded with 401 IdentityNotOwned: .*\n.*Another run may have deleted it meanwhile\.\n$/;
    assertFailure(await runQuickstart(emulator), expected);
  });

  test("waits for the calls that have not ended, whoever deletes what meanwhile", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, 20, delayed(500));
    const edit = `
      await new CommunicationIdentityClient(connectionString).deleteUser(user);
      await Promise.all(Array.from({ length: 29 }, (_, index) =>
        index === 5 ? client.getToken({ communicationUserId: "8:acs:nobody" }, ["chat"]) : client.createUser(),
      ));`;
    assertFailure(await runQuickstart(emulator, { edit }), /^The service responded with 401 IdentityNotOwned/);
    // The standard identity and 28 others, and alice by the other client.
    assertDeleted(emulator, 30);
  });

  test("when the reader goes away, as in `npm start | head -1`: deletes everything, without a word", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, 2, delayed(300));
    const { child, ended } = await startQuickstart(emulator);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.equal(emulator.identities.size, 0);
  });

  test("says that there may be an identity with an unknown ID if each try of its creation fails", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, "each", failedAfterwards(500));
    const { code, stderr } = await runQuickstart(emulator, { waits: true });
    assert.match(stderr, /^The service responded with 500 InternalError/);
    assert.ok(stderr.endsWith(`\n${UNKNOWN}`), stderr);
    assert.equal(code, 1);
    assert.equal(emulator.identities.size, 4);
  });
});

/** Checks that the identities that are left are named, and no others. */
function assertNamed({ identities }: TestEmulator, stderr: Result["stderr"]): void {
  const [, named = ""] = /^May still be in your resource.*: (8:acs:.*)$/m.exec(stderr) ?? [];
  assert.deepEqual(named.split(" ").sort(), [...identities].sort());
}
