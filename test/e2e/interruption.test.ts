import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { interrupt, startNpm } from "../support/child-process.ts";
import { delayed, silent } from "../support/faults.ts";
import { LIBRARIES } from "../support/libraries.ts";
import { assertDeleted, type QuickstartOptions, SHORT_LIMIT, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, type TestEmulator, test } from "../support/test-emulator.ts";

// Node on Windows ends a process at once, whatever signal it's sent.
const skip = process.platform === "win32" && "a test can't send a signal on Windows";

const INTERRUPTED = "Interrupted. To quit without the cleanup, press Ctrl-C again.\n";
const WAIT = `console.log("waiting"); await new Promise((resolve) => setTimeout(resolve, 100_000));`;

describe("an interruption", { skip }, () => {
  /** Starts the quickstart, and sends Ctrl-C when it waits. */
  async function interruptWaiting(emulator: TestEmulator, options: QuickstartOptions) {
    const running = startQuickstart(emulator, options);
    await running.said("waiting");
    interrupt(running, "SIGINT");
    return running;
  }

  test("while a call is in progress: it ends, no step follows, and everything is deleted", async (emulator) => {
    emulator.on(CREATE, 2, async (c, next) => {
      interrupt(running, "SIGINT");
      await running.said(INTERRUPTED);
      return delayed(50)(c, next);
    });
    // Leaves time for a step that should not follow.
    emulator.on(DELETE, "each", delayed(300));
    // npm passes a signal on, so the quickstart gets it twice.
    const running = startNpm(["start", "--silent"], { env: emulator.env });
    const { code, stderr } = await running.ended;
    assert.deepEqual([code, stderr], [130, `${INTERRUPTED}Deleted 2 of 2 identities.\n`]);
    assert.equal(emulator.seen.length, 4, "no further step, and each delete once");
    assertDeleted(emulator, 2);
  });

  test("while a program sleeps, catches every error and tries again: deletes at once. Repeated signals don't cut it short", async (emulator) => {
    const loop = "(async () => { for (;;) await client.getUserDetail(user).catch(() => {}); })();";
    emulator.on(DELETE, "each", delayed(100));
    // After the interruption, the steps' errors are no news.
    const late = 'process.on("SIGINT", () => { throw new Error("late"); });';
    const running = await interruptWaiting(emulator, { edit: `${LIBRARIES}\n${late}\n${loop}\n${WAIT}` });
    for (const signal of ["SIGINT", "SIGTERM"] as const) interrupt(running, signal);
    const { code, stderr } = await running.ended;
    assert.equal(stderr, `${INTERRUPTED}Deleted 2 of 2 identities.\n`);
    assert.ok(code === 130 || code === 143, `${code}`); // Signals that arrive together have no order.
    assertDeleted(emulator, 2);
  });

  test("while the last step blocks the thread, and a second later the terminal is closed: everything is deleted", async (emulator) => {
    emulator.on(DELETE, 1, async (c, next) => {
      await delay(1100);
      interrupt(await running, "SIGHUP");
      await delayed(300)(c, next);
    });
    const edit = 'console.log("waiting"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);';
    const running = interruptWaiting(emulator, { edit });
    const { code, stderr } = await (await running).ended;
    assert.deepEqual([code, stderr], [129, `${INTERRUPTED}Deleted 2 of 2 identities.\n`]);
    assertDeleted(emulator, 2);
  });

  test("before the deletes: the cleanup may call the service. Another Ctrl-C a second later quits at once, even if there are more in between", async (emulator) => {
    emulator.on(DELETE, 1, async (c, next) => {
      for (const _ of ["0.7 s", "1.4 s"]) {
        await delay(700);
        interrupt(await running, "SIGINT");
      }
      return silent(c, next);
    });
    const others = "for (const communicationUserId of created) await client.revokeTokens({ communicationUserId });";
    const wait = { "() => deleteEach": `async () => { ${WAIT.replace("100_000", "50")} ${others} await deleteEach` };
    const end = { "deleteUser({ communicationUserId })),": "deleteUser({ communicationUserId })); }," };
    const running = interruptWaiting(emulator, { replace: { ...wait, ...end } });
    const { code, stderr } = await (await running).ended;
    // The IDs aren't printed, as they are when the time limit ends the deletes.
    assert.deepEqual([code, stderr], [130, INTERRUPTED]);
    assert.deepEqual([emulator.seen.length, emulator.identities.size], [9, 2]);
  });

  test("while the service doesn't respond: ends, and prints what is left", async (emulator) => {
    let isClosed = false;
    let wasAborted = false;
    emulator.on(CREATE, 2, (c, next) => {
      c.env.incoming.socket.once("close", () => (isClosed = true));
      interrupt(running, "SIGINT");
      return silent(c, next);
    });
    emulator.on(DELETE, 1, async (c, next) => {
      await delay(1000);
      wasAborted = isClosed;
      return silent(c, next);
    });
    const running = startQuickstart(emulator, { replace: SHORT_LIMIT });
    const { code, stderr } = await running.ended;
    const left = `Deleted 0 of 1 identities\\.\nThese .*:\n${[...emulator.identities]}\nDELETE .* took longer than 5 seconds`;
    assert.match(stderr, new RegExp(`^${INTERRUPTED}${left}`));
    assert.deepEqual([code, wasAborted], [130, true]);
  });
});
