import assert from "node:assert/strict";
import { describe } from "node:test";
import { delayed, error, respond } from "../support/faults.ts";
import { assertDeleted, runQuickstart, SHORT_LIMIT, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, GET, test } from "../support/test-emulator.ts";

describe("the cleanup", () => {
  test("deletes the others if a delete fails, prints the ID that is left and the reason, and exits with 1", async (emulator) => {
    emulator.on(DELETE, 1, error(403, "Forbidden", "Not allowed."));
    const { code, stdout, stderr } = await runQuickstart(emulator);
    const left = [...emulator.identities].join("\n");
    const expected = `^These identities .*README\\.md .*:\n${left}\nDELETE /identities/… on .*: Not allowed.*\n.+\n$`;
    assert.match(stderr, new RegExp(expected));
    assert.doesNotMatch(stdout, /Deleted identities/);
    assert.deepEqual([code, emulator.identities.size], [1, 1]);
  });

  test("prints both reasons if a step fails, even with a value that isn't an error, and a delete", async (emulator) => {
    emulator.on(DELETE, 1, error(409, "Locked", "Try later."));
    // Not the service's response: the identity may still be there.
    emulator.on(DELETE, 2, respond(404, "<h1>Not found</h1>", { "content-type": "text/html" }));
    const { code, stderr } = await runQuickstart(emulator, { edit: "throw undefined;" });
    const ids = [...emulator.identities].join("\n");
    const left = `Deleted 0 of 2 identities.\nThese .*:\n${ids}\nDELETE .* 409 Locked: Try later.*\n.*`;
    assert.match(stderr, new RegExp(`^undefined\n${left}\n$`));
    assert.equal(code, 1);
  });

  test("runs if the reader goes away, as in `npm start | head -1`: it prints nothing and exits with 0", async (emulator) => {
    emulator.on(CREATE, 2, delayed(300));
    const { child, ended } = startQuickstart(emulator);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, ""]);
    assertDeleted(emulator, 2);
  });

  test("deletes what steps that nobody awaits go on creating meanwhile", async (emulator) => {
    emulator.on(CREATE, "each", delayed(100));
    const edit = `(async () => {
      for (let count = 0; count < 4; count++) created.add((await client.createUser()).communicationUserId);
    })();`;
    const { code, stdout, stderr } = await runQuickstart(emulator, { edit });
    assert.match(stdout, /\nDeleted identities\.\n$/);
    assert.deepEqual([code, stderr], [0, ""]);
    assertDeleted(emulator, 6);
  });

  test("doesn't wait for ever for steps that never stop making calls", async (emulator) => {
    emulator.on(GET, "each", delayed(200));
    const edit = "(async () => { for (;;) await client.getUserDetail(user).catch(() => {}); })();";
    const last = 'console.log("Deleted identities.");';
    const replace = { ...SHORT_LIMIT, [last]: `${last} process.exit();` };
    const { code, stderr } = await runQuickstart(emulator, { edit, replace });
    assert.deepEqual([code, stderr], [0, ""]);
    assertDeleted(emulator, 2);
  });
});
