import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Running, startNpm } from "../support/child-process.ts";
import { delayed, droppedAfterwards, type Fault, silent } from "../support/faults.ts";
import { assertDeleted, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

// Node on Windows ends a process at once, whatever signal it is sent.
const skip = process.platform === "win32" && "a test cannot send a signal on Windows";

const INTERRUPTED = "Interrupted. Deleting what was created, in up to 20 seconds. Another Ctrl-C ends it at once.\n";
const UNKNOWN = "The service may hold an identity with an unknown ID: a request to create one did not succeed.\n";

describe("an interruption", { concurrency: true, skip }, () => {
  // The request that is in progress, and how many requests but deletes have been sent by then.
  const moments = [
    ["SIGINT", 130, CREATE, 1, 1],
    ["SIGTERM", 143, ISSUE, 1, 6],
    ["SIGHUP", 129, DELETE, 1, 6],
  ] as const;
  for (const [signal, exitCode, operation, which, requests] of moments) {
    test(`${signal} during ${operation}: the call ends, no step follows, and everything is deleted`, async (t) => {
      const emulator = await startTestEmulator(t);
      emulator.on(operation, which, async (c, next) => {
        interrupt(await running, signal);
        await (await running).said(INTERRUPTED);
        return delayed(50)(c, next);
      });
      // Leaves time for a step that should not follow.
      emulator.on(DELETE, "each", delayed(300));
      const running = startQuickstart(emulator);
      const { code, stderr } = await (await running).ended;
      assert.equal(stderr, INTERRUPTED);
      assert.equal(code, exitCode);
      assert.equal(emulator.seen.length, requests + Math.min(requests, 2), "no further step, and each delete once");
      assertDeleted(emulator, Math.min(requests, 2));
    });
  }

  const waiting = {
    sleeps: `console.log("waiting");\n  await new Promise((resolve) => setTimeout(resolve, 100_000));`,
    "catches every error in a loop": `console.log("waiting");\n  for (;;) await client.getUserDetail(user).catch(() => {});`,
  };
  for (const [name, edit] of Object.entries(waiting)) {
    test(`while main ${name}: the cleanup starts at once. Repeated signals do not cut it short`, async (t) => {
      const emulator = await startTestEmulator(t);
      emulator.on(DELETE, "each", delayed(100));
      const running = await startQuickstart(emulator, { edit });
      await running.said("waiting");
      for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) interrupt(running, signal);
      const { code, stderr } = await running.ended;
      assert.equal(stderr, INTERRUPTED);
      assert.ok(code === 130 || code === 143, `${code}`); // Signals that arrive together have no order.
      assertDeleted(emulator, 2);
    });
  }

  test("a second Ctrl-C ends the cleanup at once, and what is left is named", async (t) => {
    const emulator = await startTestEmulator(t);
    let secondAt = 0;
    const hang: Fault = async (c, next) => {
      const child = await running;
      await delay(1100);
      secondAt = performance.now();
      interrupt(child, "SIGINT");
      return silent(c, next);
    };
    emulator.on(DELETE, 1, hang);
    emulator.on(DELETE, 2, silent);
    const edit = `console.log("waiting");\n  await new Promise((resolve) => setTimeout(resolve, 100_000));`;
    const running = startQuickstart(emulator, { edit, waits: true });
    await (await running).said("waiting");
    interrupt(await running, "SIGINT");
    const { code, stderr, endedAt } = await (await running).ended;
    const ids = [...emulator.identities].join(" ");
    assert.equal(
      stderr,
      `${INTERRUPTED}May still be in your resource, for you to delete (README.md says how): ${ids}\n`,
    );
    assert.equal(code, 130);
    // The cleanup itself would wait for 10 seconds.
    assert.ok(endedAt - secondAt < 8000, `it took ${endedAt - secondAt} ms`);
  });

  test("when the service does not respond: ends after some seconds, and says what may be left", async (t) => {
    const emulator = await startTestEmulator(t);
    let began = 0;
    emulator.on(CREATE, 1, async (c, next) => {
      began = performance.now();
      interrupt(await running, "SIGINT");
      return silent(c, next);
    });
    const running = startQuickstart(emulator, { waits: true });
    const { code, stderr, endedAt } = await (await running).ended;
    assert.equal(stderr, INTERRUPTED + UNKNOWN);
    assert.equal(code, 130);
    assert.ok(endedAt - began < 18_000, `it took ${endedAt - began} ms`);
  });

  test("after a response was lost: does not claim that nothing is left", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, 1, async (c, next) => {
      interrupt(await running, "SIGINT");
      await (await running).said(INTERRUPTED);
      return droppedAfterwards(c, next);
    });
    const running = startQuickstart(emulator, { waits: true });
    const { code, stderr } = await (await running).ended;
    assert.equal(stderr, INTERRUPTED + UNKNOWN);
    assert.equal(code, 130);
    // The SDK has sent the request again, and that identity is deleted.
    assert.equal(emulator.seen.length, 3);
    assert.equal(emulator.identities.size, 1);
  });

  test("of `npm start`, which passes the signal on: everything is deleted", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, 2, async (c, next) => {
      interrupt(await running, "SIGINT");
      await (await running).said(INTERRUPTED);
      return delayed(300)(c, next);
    });
    const running = startNpm(["start", "--silent"], { env: emulator.env });
    const { code, stderr } = await (await running).ended;
    assert.equal(stderr, INTERRUPTED);
    assert.equal(code, 130);
    assertDeleted(emulator, 2);
  });
});

/** Sends a signal to the whole process group, as a terminal does. */
function interrupt({ child }: Running, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, signal);
}
