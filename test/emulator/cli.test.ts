import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { parse } from "dotenv";
import { startScript } from "../support/child-process.ts";
import { temporaryFolder } from "../support/folder.ts";
import { json, pathOf, send } from "../support/signed-request.ts";
import { DEVELOPMENT_KEY } from "./server.ts";

const windows = process.platform === "win32";
const hasBash = spawnSync("bash", ["--version"]).status === 0;

describe("`npm run emulator`", { concurrency: true }, () => {
  test("prints how to use it, shows the requests without secrets, and ends on Ctrl-C", async (t) => {
    const cwd = join(temporaryFolder(), windows ? "$HOME `id`" : '$HOME `id` "x"');
    mkdirSync(cwd);
    const { child, ended, port, ca, connectionString, printed } = await start(t, cwd, ["0"]);
    const emulator = { connectionString, ca };
    assert.equal(connectionString, `endpoint=https://127.0.0.1:${port}/;accesskey=${DEVELOPMENT_KEY}`);
    assert.match(printed, /in memory.* Ctrl-C .*PowerShell {2}\$env:COMM.*cmd {9}set "COMM/s);
    if (hasBash) {
      const [, bash] = /^ {2}bash {8}(.*)$/m.exec(printed) ?? [];
      const print = 'echo "$COMMUNICATION_SERVICES_CONNECTION_STRING"; cat "$NODE_EXTRA_CA_CERTS"';
      const output = execFileSync("bash", ["-c", `${bash}\n${print}`], { encoding: "utf8" });
      assert.equal(output, `${connectionString}\n${ca}`);
    }

    const body = { customId: "alice", createTokenWithScopes: ["chat"] };
    const { identity, accessToken } = json(await send(emulator, "POST", "/identities", { body }));
    await send(emulator, "DELETE", pathOf(identity.id));
    // An open connection does not keep it alive.
    await once(
      connect({ port, host: "127.0.0.1", ca }).on("error", () => {}),
      "secureConnect",
    );
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    assert.deepEqual(parse(stdout), {
      COMMUNICATION_SERVICES_CONNECTION_STRING: connectionString,
      NODE_EXTRA_CA_CERTS: join(cwd, ".emulator", "ca.pem").replaceAll("\\", "/"),
    });
    assert.match(stdout, /^.+\n.+\n$/);
    const [, log = ""] = stderr.split("Requests and responses:\n");
    assert.match(log, /^→ POST .+\n← 201 .+\n→ DELETE .+\n← 204\n$/);
    assert.ok(!log.includes(accessToken.token.slice(0, 12)));
    if (!windows) assert.equal(code, 0);
  });

  test("has the same key and certificate after a restart, and ends on Ctrl-Break and SIGTERM", async (t) => {
    const cwd = temporaryFolder();
    // Only Windows has Ctrl-Break, and there a test cannot send it.
    const preload = join(cwd, "ctrl-break.cjs");
    writeFileSync(preload, 'process.on("SIGUSR2", () => process.emit("SIGBREAK"));');
    const first = await start(t, cwd, ["--port", "0"], preload);
    first.child.kill(windows ? "SIGTERM" : "SIGUSR2");
    const { code } = await first.ended;
    const second = await start(t, cwd, ["0"]);
    const { status } = await send({ ...second, ca: first.ca }, "POST", "/identities");
    assert.equal(status, 201);
    second.child.kill("SIGTERM");
    const { code: secondCode } = await second.ended;
    if (!windows) assert.deepEqual([code, secondCode], [0, 0]);
  });

  test("in a folder that cannot be written: one line that says what to do, exit 1", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, ".emulator"), "");
    const { code, stdout, stderr } = await (await startScript("emulator", ["0"], { cwd })).ended;
    assert.match(stderr, /^Cannot write to .+\.emulator \(EEXIST\).+ Make it a folder that you can write to, .+\n$/);
    assert.equal(stdout, "");
    assert.equal(code, 1);
  });
});

/** Starts an emulator in a folder, and waits until it has said how to use it. */
async function start(t: TestContext, cwd: string, args: string[], preload = "") {
  const running = await startScript("emulator", args, { cwd, preload });
  t.after(() => running.child.kill("SIGKILL"));
  const printed = await running.said("Requests and responses:\n");
  const [connectionString = "", port] = /endpoint=https:\/\/[^:]+:(\d+)\/;accesskey=[^']+/.exec(printed) ?? [];
  const ca = readFileSync(join(cwd, ".emulator", "ca.pem"), "utf8");
  return { ...running, printed, connectionString, port: Number(port), ca };
}
