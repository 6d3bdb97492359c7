import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { scripts } from "../../package.json";
import { interrupt, type Options, startNode, TSX } from "../support/child-process.ts";
import { quickstartFolder, root, temporaryFolder } from "../support/folder.ts";
import { listen } from "../support/listen.ts";
import { assertTranscript } from "../support/quickstart.ts";
import { test } from "../support/test-emulator.ts";
import { startCommand } from "./start-command.ts";

const NOTICE = "Running against a local emulator of the Identity service: no Azure resource is used.\n";
const windows = process.platform === "win32" && "a test can't send a signal on Windows";

/** Starts what a script in package.json runs, with another folder for temporary files. */
function start(script: string, temporary: string, options: Options, ...args: string[]) {
  const preload = join(temporaryFolder(), "tmpdir.cjs");
  // With the variable TMPDIR, tsx would have to compile everything again.
  writeFileSync(preload, `require("node:os").tmpdir = () => ${JSON.stringify(temporary)};`);
  const command = startCommand(script).map((arg) => (/\.c?[jt]s$/.test(arg) ? join(root, arg) : arg));
  return startNode([...TSX, "--require", preload, ...command, ...args], options);
}

describe("`npm run start:emulator`", { concurrency: true }, () => {
  test("prints the quickstart's output and a line about the emulator; uses no resource or proxy of the user's", async (resource, t) => {
    let connections = 0;
    const proxy = await listen(t, (socket) => socket.destroy(void connections++));
    const url = `http://${proxy}`;
    const env = { ...resource.env, HTTPS_PROXY: url, https_proxy: url, all_proxy: url };
    const [cwd, temporary] = [quickstartFolder(), temporaryFolder()];
    const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(cwd, ".env"), lines.join(""));
    const { ended } = await start(scripts["start:emulator"], temporary, { cwd, env });
    assertTranscript(await ended, NOTICE);
    assert.equal(resource.connections + connections, 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  test("as start:trace shows requests, passes arguments and signals on, and outlives the cleanup", {
    skip: windows,
  }, async () => {
    const cwd = quickstartFolder();
    // In place of the quickstart, a program whose cleanup needs the emulator. Its exit code is 401 - 300.
    const main = `
      const [, endpoint] = /endpoint=(.*?);/.exec(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING);
      const get = (done) => require("node:https").get(endpoint, { agent: false }, done);
      get(() => console.log("ready", ...process.argv.slice(2)));
      process.on("SIGINT", () => console.log("interrupted"));
      process.on("SIGTERM", () => setTimeout(get, 500, ({ statusCode }) => {
        require("node:fs").rmSync(require("node:path").dirname(process.env.NODE_EXTRA_CA_CERTS), { recursive: true });
        process.exit(statusCode - 300);
      }));
      process.stdout.on("error", () => {});
      setTimeout(() => process.exit(), 60_000);`;
    writeFileSync(join(cwd, "src", "main.ts"), main);
    const running = await start(scripts["start:trace"], temporaryFolder(), { cwd }, "bob");
    await running.said("ready bob\n");
    // A terminal sends Ctrl-C to the whole group, other programs send SIGTERM to the process alone.
    interrupt(running, "SIGINT");
    const stderr = await running.said("interrupted\n");
    const trace = '→ GET / (no api-version)\n← 401 {"error":{"code":"Denied",…}}\n';
    assert.equal(stderr.replace(/"message":[^}]+/, "…"), `${NOTICE}${trace}`);
    for (const stream of [running.child.stdout, running.child.stderr]) stream?.destroy();
    running.child.kill("SIGTERM");
    assert.equal((await running.ended).code, 401 - 300);
  });

  test("prints one line about a temporary folder that it can't write to, and exits with code 1", async () => {
    // What is loaded before tsx, which would end with a stack trace.
    const [, first = ""] = startCommand(scripts["start:emulator"]);
    const env = { TMPDIR: __filename, TEMP: __filename, TMP: __filename };
    const { ended } = await startNode([join(root, first)], { env });
    const { code, stdout, stderr } = await ended;
    assert.match(stderr, /^Cannot write to the temporary folder .+run-quickstart.+ \(ENO\w+\)\. Set TMPDIR.+\n$/);
    assert.equal(stdout, "");
    assert.equal(code, 1);
  });

  test("needs a start script that is a command of Node", () => {
    assert.deepEqual(startCommand("node --a=1  b.ts c"), ["--a=1", "b.ts", "c"]);
    assert.throws(() => startCommand("tsx src/main.ts"), {
      message: /must begin with "node ", not "tsx src\/main\.ts"$/,
    });
  });
});
