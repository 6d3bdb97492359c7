import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startNpm, startScript } from "../support/child-process.ts";
import { quickstartFolder } from "../support/folder.ts";
import { assertTranscript } from "../support/quickstart.ts";
import { startTestEmulator } from "../support/test-emulator.ts";

const NOTICE = "Running against a local emulator of the Identity service: no Azure resource is used.\n";
const windows = process.platform === "win32" && "a test cannot send a signal on Windows";

describe("`npm run start:emulator`", { concurrency: true }, () => {
  test("prints the quickstart's output, and one line on stderr that says what it runs against", async () => {
    const { ended } = await startNpm(["run", "start:emulator", "--silent"]);
    assertTranscript(await ended, NOTICE);
  });

  test("as `npm run start:trace` shows the requests; uses no resource or proxy of the user's", async (t) => {
    const resource = await startTestEmulator(t);
    let connections = 0;
    const proxy = createServer((socket) => socket.destroy(void connections++)).listen(0, "127.0.0.1");
    t.after(() => proxy.close());
    await once(proxy, "listening");
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = { ...resource.env, HTTPS_PROXY: url, https_proxy: url, all_proxy: url };
    const cwd = quickstartFolder();
    const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(cwd, ".env"), lines.join(""));

    const result = await (await startScript("start:trace", [], { cwd, env })).ended;
    assertTranscript({ ...result, stderr: "" });
    const [standard, byodi] = Array.from(result.stdout.matchAll(/8:acs:\S+/g), ([id]) => id);
    const trace = result.stderr.replaceAll(" (2025-03-02-preview)", "").replace(/"expiresOn":"[^"]+"/, "…");
    for (const expected of [
      `${NOTICE}→ POST /identities`,
      `→ POST /identities {"customId":"alice@contoso.com"}\n← 201 {"identity":{"customId":"alice@contoso.com","id":"${byodi}"}}\n`,
      `→ POST /identities/${byodi}/:issueAccessToken {"scopes":["chat"]}\n← 200 {"token":"…",…}\n`,
      `→ DELETE /identities/${standard}\n← 204\n→ DELETE /identities/${byodi}\n← 204\n`,
    ]) {
      assert.ok(trace.includes(expected), trace);
    }
    assert.equal(resource.connections + connections, 0);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const name = `on ${signal}: outlives the quickstart's cleanup and ends with its exit code, whatever became of the files`;
    test(name, { skip: windows }, async () => {
      const cwd = quickstartFolder();
      writeFileSync(
        join(cwd, "src", "main.ts"),
        `setInterval(() => {}, 1000);
        process.on("${signal}", () => setTimeout(() => {
          const [, endpoint] = /endpoint=(.*?);/.exec(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING);
          require("node:https").get(endpoint, ({ statusCode }) => {
            require("node:fs").rmSync(require("node:path").dirname(process.env.NODE_EXTRA_CA_CERTS), { recursive: true });
            process.exit(statusCode - 300);
          });
        }, 500));
        console.log("ready");`,
      );
      const { child, ended, said } = await startScript("start:emulator", [], { cwd });
      await said("ready");
      // A terminal sends Ctrl-C to the whole group, other programs send SIGTERM to the process alone.
      if (signal === "SIGTERM") child.kill(signal);
      else if (child.pid !== undefined) process.kill(-child.pid, signal);
      const { code, stderr } = await ended;
      assert.equal(code, 401 - 300);
      assert.equal(stderr, NOTICE);
    });
  }
});
