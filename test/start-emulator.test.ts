import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { emulatorFor } from "./support/emulator";
import { projectFolder } from "./support/folder";
import { listen } from "./support/ports";
import { start, startNpm } from "./support/process";
import { assertTranscript } from "./support/transcript";

const SCRIPT = "test/emulator/run-quickstart.ts";
const NOTICE = "Running against a local emulator of the Identity service: no Azure resource is used.\n";

describe("`npm run start:emulator`", { concurrency: true }, () => {
  test("prints the transcript, and one line on stderr that says what it runs against", async () => {
    const { code, stdout, stderr } = await startNpm(["run", "start:emulator", "--silent"]).ended;
    assertTranscript(stdout);
    assert.equal(stderr, NOTICE);
    assert.equal(code, 0);
  });

  test("leaves alone the resource and the proxy that .env and the environment name", async (t) => {
    const resource = await emulatorFor(t);
    const proxy = await decoy(t);
    const variables = {
      COMMUNICATION_SERVICES_CONNECTION_STRING: resource.env.COMMUNICATION_SERVICES_CONNECTION_STRING,
      HTTPS_PROXY: proxy.url,
      https_proxy: proxy.url,
      all_proxy: proxy.url,
    };
    const cwd = projectFolder("src");
    writeFileSync(
      join(cwd, ".env"),
      Object.entries(variables)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(""),
    );
    for (const env of [{}, { ...variables, ...resource.env }]) {
      const { code, stdout, stderr } = await start(SCRIPT, [], { cwd, env }).ended;
      assertTranscript(stdout);
      assert.equal(stderr, NOTICE);
      assert.equal(code, 0);
    }
    assert.equal(resource.connections, 0);
    assert.equal(proxy.connections(), 0);
  });

  test("ends with the quickstart's exit code", async () => {
    const cwd = projectFolder();
    mkdirSync(join(cwd, "src"));
    writeFileSync(join(cwd, "src", "main.ts"), "process.exitCode = 7;");
    const { code } = await start(SCRIPT, [], { cwd }).ended;
    assert.equal(code, 7);
  });
});

/** Something that listens, and counts who comes. */
async function decoy(t: TestContext): Promise<{ url: string; connections(): number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  const port = await listen(server);
  t.after(() => server.close());
  return { url: `http://localhost:${port}`, connections: () => connections };
}
