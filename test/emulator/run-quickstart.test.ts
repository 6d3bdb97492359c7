import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { scripts } from "../../package.json";
import { argumentsOf, interrupt, startNode } from "../support/child-process.ts";
import { quickstartFolder, root } from "../support/folder.ts";
import { listen } from "../support/listen.ts";
import { assertTranscript } from "../support/quickstart.ts";
import { test } from "../support/test-emulator.ts";

const NOTICE = "Running against a local emulator of the Identity service: no Azure resource is used.\n";

describe("`npm run start:emulator`", () => {
  test("prints the quickstart's output and a line about the emulator; uses no resource or proxy of the user's", async (resource, t) => {
    let connections = 0;
    const proxy = await listen(t, (socket) => socket.destroy(void connections++));
    const url = `http://${proxy}`;
    const proxies = { HTTPS_PROXY: url, https_proxy: url, all_proxy: url };
    const env = { ...resource.env, ...proxies, DOTENV_OVERRIDE: "true", DOTENV_CONFIG_OVERRIDE: "true" };
    const cwd = quickstartFolder();
    // As a learner might change it, to use dotenv as its documentation says.
    const main = join(cwd, "src", "main.ts");
    writeFileSync(main, `import "dotenv/config";\n${readFileSync(main, "utf8")}`);
    const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"\n`);
    writeFileSync(join(cwd, ".env"), lines.join(""));
    const args = argumentsOf(scripts["start:emulator"], root);
    assertTranscript(await startNode(args, { cwd, env: { ...env, DOTENV_QUIET: "true" } }).ended, NOTICE);
    assert.equal(resource.connections + connections, 0);
  });

  const skip = process.platform === "win32" && "a test can't send a signal on Windows";
  test("as start:trace shows requests, passes arguments and signals on, and outlives the cleanup", {
    skip,
  }, async () => {
    const cwd = quickstartFolder();
    // In place of the quickstart, a program whose cleanup needs the emulator. Its exit code is 401 - 300.
    const main = `
      const [, endpoint] = /endpoint=(.*?);/.exec(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING);
      const get = (done) => require("node:https").get(endpoint, { agent: false }, done);
      get(() => console.log("ready", ...process.argv.slice(2)));
      process.on("SIGINT", () => console.log("interrupted"));
      process.on("SIGTERM", () => setTimeout(get, 500, ({ statusCode }) => process.exit(statusCode - 300)));
      process.stdout.on("error", () => {});
      setTimeout(() => process.exit(), 60_000);`;
    writeFileSync(join(cwd, "src", "main.ts"), main);
    const running = startNode([...argumentsOf(scripts["start:trace"], root), "bob"], { cwd });
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
});
