import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext } from "node:test";
import { parse } from "dotenv";
import { startNode, TSX } from "../support/child-process.ts";
import { root, temporaryFolder } from "../support/folder.ts";
import { json, pathOf, send } from "../support/signed-request.ts";
import { test } from "../support/test-emulator.ts";
import { savedCertificate } from "./certificate.ts";
import { explainStart, howToUse, readArguments } from "./cli.ts";
import { startEmulator } from "./emulator.ts";

const skip = spawnSync("bash", ["--version"]).status !== 0 && "there is no bash";
const command = [...TSX, join(root, "test", "emulator", "cli.ts"), "0"];

describe("`npm run emulator`", () => {
  test("prints how to use it, shows the requests without secrets, and ends on SIGTERM and when nobody reads its output", async (_, t) => {
    const cwd = temporaryFolder();
    const first = await start(t, cwd);
    first.child.stderr?.destroy();
    await send(first.emulator, "POST", "/identities").catch(() => {});
    assert.equal((await first.ended).code, 0);

    const { child, ended, emulator, port } = await start(t, cwd);
    // The certificate is the same after a restart.
    const client = { ...emulator, ca: first.emulator.ca };
    const body = { customId: "alice", createTokenWithScopes: ["chat"] };
    const { identity, accessToken } = json(await send(client, "POST", "/identities", { body }));
    await send(client, "DELETE", pathOf(identity.id));
    // An open connection doesn't keep the emulator running.
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {});
    await once(socket, "connect");
    child.kill("SIGTERM");
    const { code, stdout, stderr } = await ended;
    assert.deepEqual(parse(stdout), {
      COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
      NODE_EXTRA_CA_CERTS: join(cwd, ".emulator", "ca.pem").replaceAll("\\", "/"),
    });
    const [, log = ""] = stderr.split("Requests and responses:\n");
    assert.match(log, /^→ POST .+\n← 201 .+\n→ DELETE .+\n← 204\n$/);
    assert.ok(!log.includes(accessToken.token.slice(0, 12)));
    if (process.platform !== "win32") assert.equal(code, 0);
  });
});

describe("the command line of `npm run emulator`", () => {
  test("takes a port, or --help", () => {
    assert.deepEqual(readArguments([]), { port: 8443, help: false });
    for (const args of [["9000"], ["--port", "9000"], ["--port=9000"]]) assert.equal(readArguments(args).port, 9000);
    assert.equal(readArguments(["--help"]).help, true);
  });

  test("explains in one line what is wrong", async (emulator) => {
    const { port } = new URL(emulator.endpoint);
    for (const [args, expected] of [
      ["--prot 1", "Unknown option '--prot'. See: npm run emulator -- --help"],
      ["https", 'The port must be one number from 0 to 65535, not "https"'],
      ["65536", 'The port must be one number from 0 to 65535, not "65536"'],
      ["1 --port 2", 'The port must be one number from 0 to 65535, not "1 2"'],
      [port, `Port ${port} isn't available (EADDRINUSE). To use a free one: npm run emulator 0`],
    ] as const) {
      const start = async () => startEmulator(readArguments(args.split(" ")));
      await assert.rejects(start, (error: Error) => explainStart(error) === expected, expected);
    }
    const unwritable = (error: Error) => explainStart(error).startsWith(`Cannot write to ${__filename} (EEXIST). The `);
    await assert.rejects(savedCertificate(__filename), unwritable);
  });

  const connectionString = "endpoint=https://127.0.0.1:1/;accesskey=a+b/c==";

  test("prints lines that bash and dotenv read as intended, whatever the path", { skip }, () => {
    const paths = ["/a b", "/it's", "/$HOME", "/`id`", '/"x"', "/\\n", "/%PATH%"];
    const print = 'printf "%s\\n" "$COMMUNICATION_SERVICES_CONNECTION_STRING" "$NODE_EXTRA_CA_CERTS"';
    const commands = paths.flatMap((path) => {
      const { env, instructions } = howToUse(connectionString, path);
      assert.deepEqual(Object.values(parse(env)), [connectionString, path]);
      return [env, /export .*/.exec(instructions)?.[0]].map((lines) => `(${lines}\n${print})\n`);
    });
    const output = execFileSync("bash", ["-c", commands.join("")], { encoding: "utf8" });
    assert.equal(output, paths.map((path) => `${connectionString}\n${path}\n`.repeat(2)).join(""));
  });

  test("prints lines for PowerShell and cmd", () => {
    const { instructions } = howToUse(connectionString, "/it's");
    const name = "COMMUNICATION_SERVICES_CONNECTION_STRING";
    assert.ok(instructions.includes(`  $env:${name}='${connectionString}'; $env:NODE_EXTRA_CA_CERTS='/it''s'\n`));
    assert.ok(instructions.includes(`  set "${name}=${connectionString}" & set "NODE_EXTRA_CA_CERTS=/it's"\n`));
  });
});

/** Starts an emulator in a folder, and waits until it has printed how to use it. */
async function start(t: TestContext, cwd: string) {
  const running = startNode(command, { cwd });
  t.after(() => running.child.kill("SIGKILL"));
  const printed = await running.said("Requests and responses:\n");
  const [connectionString = "", port] = /endpoint=https:\/\/[^:]+:(\d+)\/;accesskey=[^']+/.exec(printed) ?? [];
  const ca = readFileSync(join(cwd, ".emulator", "ca.pem"), "utf8");
  return { ...running, emulator: { connectionString, ca }, port: Number(port) };
}
