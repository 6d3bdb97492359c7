import assert from "node:assert/strict";
import { describe } from "node:test";
import { delayed, error } from "../support/faults.ts";
import { assertDeleted, runQuickstart, SHORT_LIMIT, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, GET, test } from "../support/test-emulator.ts";

describe("the cleanup", () => {
  test("deletes the others if a delete fails, prints what is left and the reason, and exits with 1", async (emulator) => {
    emulator.on(DELETE, 1, error(403, "Forbidden", "Not allowed."));
    // Not an identity's ID: the service says that it doesn't have it.
    const { code, stdout, stderr } = await runQuickstart(emulator, { edit: "created.add(customId);" });
    const left = `${[...emulator.identities].join("\n")}\nalice@contoso\\.com`;
    const expected = `^These identities .*README\\.md .*:\n${left}\nDELETE /identities/… on .*: Not allowed.*\n.+\n$`;
    assert.match(stderr, new RegExp(expected));
    assert.doesNotMatch(stdout, /Deleted identities/);
    assert.deepEqual([code, emulator.identities.size], [1, 1]);
  });

  test("runs if the reader goes away, as in `npm start | head -1`: it prints nothing and exits with 0", async (emulator) => {
    emulator.on(CREATE, 2, delayed(300));
    const { child, ended } = startQuickstart(emulator);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, ""]);
    assertDeleted(emulator, 2);
  });

  test("deletes what steps that nobody awaits go on creating meanwhile, but doesn't wait for ever", async (emulator) => {
    emulator.on(CREATE, "each", delayed(100));
    emulator.on(GET, "each", delayed(200));
    const edit = `(async () => {
      for (let count = 0; count < 4; count++) created.add((await client.createUser()).communicationUserId);
      for (;;) await client.getUserDetail(user).catch(() => {});
    })();`;
    const last = 'console.log("Deleted identities.");';
    const replace = { ...SHORT_LIMIT, [last]: `${last} process.exit();` };
    const { code, stdout, stderr } = await runQuickstart(emulator, { edit, replace });
    assert.match(stdout, /\nDeleted identities\.\n$/);
    assert.deepEqual([code, stderr], [0, ""]);
    assertDeleted(emulator, 6);
  });
});
