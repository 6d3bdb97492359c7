import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe } from "node:test";
import { scripts } from "../../package.json";
import { type Options, startNode, startNpm } from "../support/child-process.ts";
import { quickstartFolder, root, temporaryFolder } from "../support/folder.ts";
import { assertTranscript } from "../support/quickstart.ts";
import { test } from "../support/test-emulator.ts";
import { startCommand } from "./start-command.ts";

const NOTICE = "Running against a local emulator of the Identity service: no Azure resource is used.\n";
const windows = process.platform === "win32" && "a test can't send a signal on Windows";
const file = join(root, "test", "emulator", "run-quickstart.ts");

function start(args: string[], options: Options) {
  return startNode(["--require", require.resolve("tsx/cjs"), file, ...args], options);
}

describe("`npm run start:emulator`", { concurrency: true }, () => {
  test("prints the quickstart's output, and one line on stderr about the emulator", async () => {
    const { ended } = await startNpm(["run", "start:emulator", "--silent"]);
    assertTranscript(await ended, NOTICE);
    assert.equal(scripts["start:trace"], `${scripts["start:emulator"]} --trace`);
  });

  test("as `npm run start:trace` shows the requests; uses no resource or proxy of the user's", async (resource, t) => {
    let connections = 0;
    const proxy = createServer((socket) => socket.destroy(void connections++)).listen(0, "127.0.0.1");
    t.after(() => proxy.close());
    await once(proxy, "listening");
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = { ...resource.env, HTTPS_PROXY: url, https_proxy: url, all_proxy: url };
    const cwd = quickstartFolder();
    const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(cwd, ".env"), lines.join(""));

    const result = await (await start(["--trace"], { cwd, env })).ended;
    assertTranscript({ ...result, stderr: "" });
    const [standard, byodi] = Array.from(result.stdout.matchAll(/8:acs:\S+/g), ([id]) => id);
    const trace = result.stderr.replaceAll(" (2025-03-02-preview)", "").replace(/"expiresOn":"[^"]+"/, "…");
    for (const expected of [
      `${NOTICE}→ POST /identities\n`,
      `→ POST /identities {"customId":"alice@contoso.com"}\n← 201 {"identity":{"customId":"alice@contoso.com","id":"${byodi}"}}\n`,
      `→ POST /identities/${byodi}/:issueAccessToken {"scopes":["chat"]}\n← 200 {"token":"…",…}\n`,
      `→ DELETE /identities/${standard}\n← 204\n→ DELETE /identities/${byodi}\n← 204\n`,
    ]) {
      assert.ok(trace.includes(expected), trace);
    }
    assert.equal(resource.connections + connections, 0);
  });

  for (const [event, ...args] of [
    ["SIGINT", "bob"],
    ["SIGTERM", "--trace", "bob"],
    ["a closed pipe", "--trace", "bob"],
  ] as const) {
    const isSignal = event !== "a closed pipe";
    const name = `passes arguments on; after ${event}, outlives the quickstart's cleanup and ends with its exit code`;
    test(name, { skip: isSignal && windows }, async () => {
      const cwd = quickstartFolder();
      // In place of the quickstart, a program whose cleanup needs the emulator. Its exit code is 401 - 300.
      const main = `
        const cleanUp = () => setTimeout(() => {
          const [, endpoint] = /endpoint=(.*?);/.exec(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING);
          require("node:https").get(endpoint, ({ statusCode }) => {
            const folder = require("node:path").dirname(process.env.NODE_EXTRA_CA_CERTS);
            if (${isSignal}) require("node:fs").rmSync(folder, { recursive: true });
            process.exit(statusCode - 300);
          });
        }, 500);
        process.on("${event}", cleanUp);
        process.stdout.on("error", cleanUp);
        setInterval(() => console.log("ready", ...process.argv.slice(2)), 200);
        setTimeout(() => process.exit(), 20_000);`;
      writeFileSync(join(cwd, "src", "main.ts"), main);
      const temporary = temporaryFolder();
      const env = { TMPDIR: temporary, TEMP: temporary, TMP: temporary };
      const { child, ended, said } = await start([...args], { cwd, env });
      await said("ready bob\n");
      // A terminal sends Ctrl-C to the whole group, other programs send SIGTERM to the process alone.
      if (event === "SIGTERM") child.kill(event);
      else if (event === "SIGINT" && child.pid !== undefined) process.kill(-child.pid, event);
      else for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      const { code, stderr } = await ended;
      assert.equal(code, 401 - 300);
      assert.equal(stderr.replace(/[→←].*\n/g, ""), NOTICE);
      assert.deepEqual(
        readdirSync(temporary).filter((name) => name.startsWith("identity-emulator-")),
        [],
      );
    });
  }

  test("prints one line about a temporary folder that it can't write to, and exits with code 1", async () => {
    const { ended } = await start([], { env: { TMPDIR: file, TEMP: file, TMP: file, TSX_DISABLE_CACHE: "1" } });
    const { code, stdout, stderr } = await ended;
    assert.match(stderr, /^Cannot write to .+run-quickstart.+ \(ENO\w+\)\. .+ folder that you can write to\.\n$/);
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
