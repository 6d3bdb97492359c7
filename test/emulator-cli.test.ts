import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { parse } from "dotenv";
import { createCertificate } from "./emulator/certificate";
import { temporaryFolder } from "./support/folder";
import { listen, unusedPort } from "./support/ports";
import { runQuickstart, start, startNpm } from "./support/process";
import { assertTranscript } from "./support/transcript";

const SCRIPT = "test/emulator/cli.ts";
const windows = process.platform === "win32" && "Windows has neither file modes nor signals";

/** Starts an emulator in a folder, and waits until it has said how to use it. */
async function startEmulator(t: TestContext, cwd = temporaryFolder(), port = 0) {
  const running = start(SCRIPT, ["--port", String(port)], { cwd });
  t.after(() => running.child.kill("SIGKILL"));
  let output = "";
  while (output.split("\n").length < 3) output += (await once(running.child.stdout ?? running.child, "data"))[0];
  return { ...running, output, env: parse(output) as Record<string, string> };
}

describe("`npm run emulator`", { concurrency: 4 }, () => {
  test("prints the two variables, in a form that .env and a shell take, and nothing else on stdout", async (t) => {
    const port = await unusedPort();
    const { output, env, child, ended } = await startEmulator(t, temporaryFolder(), port);
    const key = "VGhlIGFjY2VzcyBrZXkgb2YgZXZlcnkgQ29tbXVuaWNhdGlvbiBJZGVudGl0eSBlbXVsYXRvcjogbm8gc2VjcmV0Lg==";
    const { NODE_EXTRA_CA_CERTS: caFile = "" } = env;
    const connectionString = `endpoint=https://localhost:${port}/;accesskey=${key}`;
    assert.equal(
      output,
      `COMMUNICATION_SERVICES_CONNECTION_STRING="${connectionString}"\nNODE_EXTRA_CA_CERTS="${caFile}"\n`,
    );
    assert.match(readFileSync(caFile, "utf8"), /^-----BEGIN CERTIFICATE-----/);
    child.kill();
    const { stdout, stderr } = await ended;
    assert.equal(stdout, output);
    for (const said of ["in memory", "Ctrl-C", "bash ", "PowerShell ", "export ", "$env:"])
      assert.ok(stderr.includes(said), said);
  });

  test("serves the quickstart, and logs its requests without secrets", async (t) => {
    const { env, child, ended } = await startEmulator(t);
    const { stdout, code } = await runQuickstart({ env });
    assert.equal(code, 0);
    const { standard, byodi } = assertTranscript(stdout);
    child.kill();
    const { stderr } = await ended;
    const path = (id: string) => `/identities/${encodeURIComponent(id)}`;
    const [, log] = stderr.split("Its requests:\n");
    assert.deepEqual(log?.split("\n"), [
      "POST /identities 2025-03-02-preview 201",
      "POST /identities 2025-03-02-preview 201",
      `GET ${path(byodi)} 2025-03-02-preview 200`,
      "POST /identities 2025-03-02-preview 201",
      `GET ${path(byodi)} 2025-03-02-preview 200`,
      `POST ${path(byodi)}/:issueAccessToken 2025-03-02-preview 200`,
      `DELETE ${path(standard)} 2025-03-02-preview 204`,
      `DELETE ${path(byodi)} 2025-03-02-preview 204`,
      "",
    ]);
  });

  test("has the same access key and certificate after a restart, so that its clients go on trusting it", async (t) => {
    const cwd = temporaryFolder();
    const port = await unusedPort();
    const first = await startEmulator(t, cwd, port);
    first.child.kill();
    await first.ended;
    const second = await startEmulator(t, cwd, port);
    assert.deepEqual(second.env, first.env);
    const { code } = await runQuickstart({ env: first.env });
    assert.equal(code, 0);
  });

  test("keeps its certificate in .emulator, for its owner's eyes only", { skip: windows }, async (t) => {
    const cwd = temporaryFolder();
    await startEmulator(t, cwd);
    const folder = join(cwd, ".emulator");
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder), ["ca.pem", "cert.pem", "key.pem"]);
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  });

  test("makes one certificate when two are started at once", async (t) => {
    const cwd = temporaryFolder();
    const emulators = await Promise.all([startEmulator(t, cwd), startEmulator(t, cwd)]);
    for (const { env } of emulators) assert.equal((await runQuickstart({ env })).code, 0);
    assert.deepEqual(readdirSync(cwd), [".emulator"]);
  });

  for (const file of ["ca.pem", "cert.pem", "key.pem"]) {
    test(`makes another certificate when ${file} is damaged`, async (t) => {
      const cwd = temporaryFolder();
      const { ca, cert, key } = await createCertificate();
      mkdirSync(join(cwd, ".emulator"));
      for (const [name, pem] of Object.entries({ ca, cert, key }))
        writeFileSync(join(cwd, ".emulator", `${name}.pem`), pem);
      writeFileSync(join(cwd, ".emulator", file), "nonsense");
      const { env } = await startEmulator(t, cwd);
      assert.equal((await runQuickstart({ env })).code, 0);
    });
  }

  test("replaces a saved certificate that is about to expire, and no other", async (t) => {
    for (const [days, replaced] of [
      [6, true],
      [8, false],
    ] as const) {
      const cwd = temporaryFolder();
      const { ca, cert, key } = await createCertificate(days);
      mkdirSync(join(cwd, ".emulator"));
      for (const [name, pem] of Object.entries({ ca, cert, key }))
        writeFileSync(join(cwd, ".emulator", `${name}.pem`), pem);
      const { env } = await startEmulator(t, cwd);
      assert.equal(readFileSync(env.NODE_EXTRA_CA_CERTS ?? "", "utf8") !== ca, replaced);
      assert.equal((await runQuickstart({ env })).code, 0);
    }
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`ends at once on ${signal}, exit 0, with a connection open`, { skip: windows }, async (t) => {
      const { child, env, ended } = await startEmulator(t);
      const port = Number(/:(\d+)\//.exec(env.COMMUNICATION_SERVICES_CONNECTION_STRING ?? "")?.[1]);
      const socket = connect({
        port,
        host: "127.0.0.1",
        servername: "localhost",
        ca: readFileSync(env.NODE_EXTRA_CA_CERTS ?? ""),
      });
      socket.on("error", () => {});
      await once(socket, "secureConnect");
      const began = performance.now();
      child.kill(signal);
      assert.equal((await ended).code, 0);
      assert.ok(performance.now() - began < 2000);
    });
  }

  test("--help: says what it is and which options it has", async () => {
    const { code, stdout, stderr } = await startNpm(["run", "emulator", "--silent", "--", "--help"]).ended;
    assert.match(stdout, /emulator.*--port <number>.*8443.*--help/s);
    assert.equal(stderr, "");
    assert.equal(code, 0);
  });

  const wrong = {
    "an unknown option": [["--prot", "1"], /--prot/],
    "an argument": [["8443"], /8443/],
    "a port that is no number": [["--port", "https"], /--port takes a number from 0 to 65535, not 'https'/],
    "a port that is too high": [["--port", "65536"], /--port takes a number from 0 to 65535, not '65536'/],
  } as const;
  for (const [name, [args, expected]] of Object.entries(wrong)) {
    test(`${name}: one line on stderr, exit 1`, async () => {
      const cwd = temporaryFolder();
      const { code, stdout, stderr } = await start(SCRIPT, [...args], { cwd }).ended;
      assert.match(stderr, expected);
      assert.match(stderr, /^[^\n]+\n$/);
      assert.equal(stdout, "");
      assert.equal(code, 1);
      assert.ok(!existsSync(join(cwd, ".emulator")));
    });
  }

  test("a port in use: one line on stderr, exit 1", async (t) => {
    const server = createServer();
    const port = await listen(server);
    t.after(() => server.close());
    const { code, stderr } = await start(SCRIPT, ["--port", String(port)]).ended;
    assert.match(stderr, new RegExp(`^Port ${port} is in use[^\n]*\n$`));
    assert.equal(code, 1);
  });
});
