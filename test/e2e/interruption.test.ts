import assert from "node:assert/strict";
import { describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { interrupt, startNpm } from "../support/child-process.ts";
import { delayed, type Fault, silent } from "../support/faults.ts";
import { LIBRARIES } from "../support/libraries.ts";
import { assertDeleted, SHORT_LIMITS, startQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, ISSUE, test } from "../support/test-emulator.ts";

// Node on Windows ends a process at once, whatever signal it's sent.
const skip = process.platform === "win32" && "a test can't send a signal on Windows";

const INTERRUPTED = "Interrupted. To quit without the cleanup, press Ctrl-C again.\n";
const WAIT = `console.log("waiting");\n      await new Promise((resolve) => setTimeout(resolve, 100_000));`;

describe("an interruption", { concurrency: true, skip }, () => {
  // The request that is in progress, and how many requests but deletes have been sent by then.
  const moments = [
    ["SIGINT", 130, CREATE, 1, 1],
    ["SIGTERM", 143, ISSUE, 1, 6],
    ["SIGHUP", 129, DELETE, 1, 6],
  ] as const;
  for (const [signal, exitCode, operation, which, requests] of moments) {
    // npm passes a signal on, so the quickstart gets it twice.
    test(`${signal} during ${operation}: the call ends, no step follows, and everything is deleted`, async (emulator) => {
      emulator.on(operation, which, async (c, next) => {
        interrupt(await running, signal);
        await (await running).said(INTERRUPTED);
        return delayed(50)(c, next);
      });
      // Leaves time for a step that should not follow.
      emulator.on(DELETE, "each", delayed(300));
      const running =
        signal === "SIGINT" ? startNpm(["start", "--silent"], { env: emulator.env }) : startQuickstart(emulator);
      const { code, stderr } = await (await running).ended;
      assert.equal(stderr, INTERRUPTED);
      assert.equal(code, exitCode);
      assert.equal(emulator.seen.length, requests + Math.min(requests, 2), "no further step, and each delete once");
      assertDeleted(emulator, Math.min(requests, 2));
    });
  }

  test("while a program sleeps, catches every error and tries again: deletes at once. Repeated signals don't cut it short", async (emulator) => {
    const loop = "(async () => { for (;;) await client.getUserDetail(user).catch(() => {}); })();";
    emulator.on(DELETE, "each", delayed(100));
    const [once, again] = ["await untilStopped(", "for (let tries = 0; tries < 3; tries++) await untilStopped("];
    const replace = { [once]: again, "    });\n  } finally {": "    }).catch(() => {});\n  } finally {" };
    const running = await startQuickstart(emulator, { edit: `${LIBRARIES}\n      ${loop}\n      ${WAIT}`, replace });
    await running.said("waiting");
    for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) interrupt(running, signal);
    const { code, stderr } = await running.ended;
    assert.equal(stderr, INTERRUPTED);
    assert.ok(code === 130 || code === 143, `${code}`); // Signals that arrive together have no order.
    assertDeleted(emulator, 2);
  });

  test("followed by another Ctrl-C a second later: quits at once", async (emulator) => {
    const hang: Fault = async (c, next) => {
      await delay(1100);
      interrupt(await running, "SIGINT");
      return silent(c, next);
    };
    emulator.on(DELETE, 1, hang);
    const running = startQuickstart(emulator, { edit: WAIT });
    await (await running).said("waiting");
    interrupt(await running, "SIGINT");
    const { code, stderr } = await (await running).ended;
    assert.equal(stderr, INTERRUPTED); // The IDs aren't printed, as they are when the time limit ends the deletes.
    assert.equal(code, 130);
    assert.equal(emulator.identities.size, 2);
  });

  test("while the service doesn't respond: ends, and prints what is left", async (emulator) => {
    emulator.on(CREATE, 2, async (c, next) => {
      interrupt(await running, "SIGINT");
      return silent(c, next);
    });
    emulator.on(DELETE, 1, silent);
    // A call with its own signal has no time limit.
    const endless = { "createUser({ customId })": "createUser({ abortSignal: new AbortController().signal })" };
    const running = startQuickstart(emulator, { replace: { ...SHORT_LIMITS, ...endless } });
    const { code, stderr } = await (await running).ended;
    const [id] = emulator.identities;
    assert.match(stderr, new RegExp(`^${INTERRUPTED}These .*:\n${id}\nDELETE .* took longer than 2 seconds`));
    assert.equal(code, 130);
  });
});
