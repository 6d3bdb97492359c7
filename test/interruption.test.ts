import assert from "node:assert/strict";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { emulatorFor, type TestEmulator, timeAfterFailure } from "./support/emulator";
import { delayed, error, on } from "./support/faults";
import { projectFolder } from "./support/folder";
import { type Result, type Running, startNpm, startQuickstart } from "./support/process";

const CREATE = "POST /identities";
const ISSUE = "POST /identities/{id}/:issueAccessToken";
const DELETE = "DELETE /identities/{id}";

// Node on Windows ends a process that it is told to signal, whatever the signal.
const skip = process.platform === "win32" && "a test cannot send a signal on Windows";

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

describe("an interruption", { concurrency: 4, skip }, () => {
  // The request that is in flight, and how many requests but deletes have been sent by then.
  const moments = [
    [CREATE, 1, 1],
    [CREATE, 2, 2],
    [CREATE, 3, 4],
    [ISSUE, 1, 6],
    [DELETE, 1, 6],
    [DELETE, 2, 6],
  ] as const;
  for (const [index, [operation, which, requests]] of moments.entries()) {
    const signal = (["SIGINT", "SIGTERM", "SIGHUP"] as const)[index % 3] ?? "SIGINT";
    test(`by ${signal}, during ${operation} (${which}): the request ends, no step follows, nothing is left`, async (t) => {
      const emulator = await emulatorFor(
        t,
        on(operation, which, async (c, next) => {
          await interrupt(running, signal);
          return delayed(50)(c, next);
        }),
      );
      const running = startQuickstart({ env: emulator.env });
      assertTidy(emulator, await running.ended, exitCodes[signal]);
      assert.equal(emulator.seen.filter((request) => request.operation !== DELETE).length, requests);
    });
  }

  test("between two requests: the next one is not sent", async (t) => {
    const emulator = await emulatorFor(t);
    const preload = "test/support/interrupt-between-steps.ts";
    const running = startQuickstart({ env: emulator.env, preload });
    assertTidy(emulator, await running.ended, 130);
    assert.deepEqual(
      emulator.seen.map(({ operation }) => operation),
      [CREATE, DELETE],
    );
  });

  test("that arrives several times, the cleanup's included, does not cut the cleanup short", async (t) => {
    const emulator = await emulatorFor(
      t,
      on("any", "each", async (c, next) => {
        if (emulator.seen.length < 4) return delayed(0)(c, next);
        for (const signal of ["SIGINT", "SIGINT", "SIGTERM"] as const) {
          signalGroup(running, signal);
          await delay(20);
        }
        return delayed(50)(c, next);
      }),
    );
    const running = startQuickstart({ env: emulator.env });
    assertTidy(emulator, await running.ended, 130);
    assert.equal(emulator.seen.length, 6);
  });

  test("ends the wait for the next try", async (t) => {
    const busy = error(503, "Busy", "Busy.", { "Retry-After": "15" });
    const emulator = await emulatorFor(
      t,
      on(ISSUE, 1, async (c, next) => {
        setTimeout(() => signalGroup(running, "SIGINT"), 300);
        return busy(c, next);
      }),
    );
    const running = startQuickstart({ env: emulator.env });
    const result = await running.ended;
    assertTidy(emulator, result, 130);
    assert.ok(timeAfterFailure(emulator, result) < 10_000, "waited for the next try");
  });

  test("between two tries of a delete: the cleanup sends it again", async (t) => {
    const emulator = await emulatorFor(
      t,
      on(DELETE, 1, async (c, next) => {
        setTimeout(() => signalGroup(running, "SIGINT"), 300);
        return error(503, "Busy", "Busy.", { "Retry-After": "15" })(c, next);
      }),
    );
    const running = startQuickstart({ env: emulator.env });
    const { code } = await running.ended;
    assert.equal(emulator.identities.size, 0);
    assert.equal(code, 130);
  });

  test("with a delete that fails: it is said what is left", async (t) => {
    const failing = on(DELETE, 1, error(403, "Forbidden"));
    const interrupting = on(ISSUE, 1, async (c, next) => {
      await interrupt(running, "SIGINT");
      return delayed(0)(c, next);
    });
    const emulator = await emulatorFor(t, (c, next) =>
      c.req.method === "DELETE" ? failing(c, next) : interrupting(c, next),
    );
    const running = startQuickstart({ env: emulator.env });
    const { code, stderr } = await running.ended;
    assert.match(
      stderr,
      new RegExp(`^Interrupted\\..*\nStill in your resource.*: ${[...emulator.identities].join(" ")}\n$`),
    );
    assert.equal(emulator.identities.size, 1);
    assert.equal(code, 130);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`by ${signal}, of \`npm start\``, async (t) => {
      const emulator = await emulatorFor(
        t,
        on(CREATE, 2, async (c, next) => {
          await interrupt(running, signal);
          return delayed(300)(c, next);
        }),
      );
      const running = startNpm(["start", "--silent"], { env: emulator.env });
      assertTidy(emulator, await running.ended, exitCodes[signal]);
    });

    test(`by ${signal}, of \`npm run start:emulator\`: the emulator outlives the cleanup`, async () => {
      const cwd = projectFolder("test");
      mkdirSync(join(cwd, "src"));
      copyFileSync(join(__dirname, "support", "slow-to-end.ts"), join(cwd, "src", "main.ts"));
      const running = startNpm(["run", "start:emulator", "--silent"], { cwd });
      running.child.stdout?.once("data", () => signalGroup(running, signal));
      const { code, stdout } = await running.ended;
      assert.equal(stdout, `ready\n${signal}\nthe emulator answers 401\n`);
      assert.equal(code, exitCodes[signal]);
    });
  }
});

/** Sends a signal to the whole process group, as a terminal does. */
function signalGroup({ child }: Running, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, signal);
}

/** Sends a signal, and waits until the quickstart has noticed it. */
async function interrupt(running: Running, signal: NodeJS.Signals): Promise<void> {
  signalGroup(running, signal);
  await running.said("Interrupted.");
}

/** Checks that the interruption was noticed, and that what was created is deleted, each once. */
function assertTidy(emulator: TestEmulator, { code, stderr }: Result, exitCode: number): void {
  assert.match(stderr, /^Interrupted\. [^\n]*\nNothing is left in your resource\.\n$/);
  assert.equal(emulator.identities.size, 0);
  const deleted = emulator.seen.filter(({ operation }) => operation === DELETE).map(({ url }) => url);
  assert.equal(new Set(deleted).size, deleted.length);
  assert.equal(code, exitCode);
}
