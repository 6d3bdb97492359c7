import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startNode } from "../support/child-process.ts";
import { quickstartFolder, root, temporaryFolder } from "../support/folder.ts";
import { startTestEmulator } from "../support/test-emulator.ts";
import { readApiVersion } from "./api-versions.ts";
import { DEVELOPMENT_KEY } from "./server.ts";

const readme = readFileSync(join(__dirname, "README.md"), "utf8").replaceAll("\r\n", "\n");
const [scratch = "", example = ""] = Array.from(readme.matchAll(/```ts\n([^`]+)```/g), ([, code]) => code);
const tsx = ["--require", require.resolve("tsx/cjs")];

describe("the emulator's README", { concurrency: true }, () => {
  test("shows a script that works", async (t) => {
    const emulator = await startTestEmulator(t);
    const cwd = quickstartFolder();
    writeFileSync(join(cwd, "scratch.ts"), scratch);
    const { ended } = await startNode([...tsx, "scratch.ts"], { cwd, env: emulator.env });
    const { stdout, stderr } = await ended;
    assert.equal(stderr, "");
    assert.match(stdout, /^\{\s+user: .*8:acs:.*customId: 'bob',\s+lastTokenIssuedAt: \d{4}-.+\}\n$/s);
    assert.equal(emulator.identities.size, 0);
  });

  test("shows a test of another project that works", async () => {
    const parent = temporaryFolder();
    const cwd = join(parent, "another-project");
    mkdirSync(cwd);
    symlinkSync(root, join(parent, "byodi-quickstart"), "junction");
    writeFileSync(join(cwd, "example.test.ts"), example);
    const { ended } = await startNode([...tsx, "--test-reporter=tap", "example.test.ts"], { cwd });
    const { code, stdout } = await ended;
    assert.match(stdout, /^# pass 1$/m);
    assert.equal(code, 0, stdout);
  });

  test("names the access key, and API versions that the emulator knows", () => {
    assert.ok(readme.includes(`\`${DEVELOPMENT_KEY}\``));
    const versions = Array.from(readme.matchAll(/`(20\d\d-[\w-]+)`/g), ([, version = ""]) => version);
    assert.equal(new Set(versions).size, 11);
    for (const version of versions) readApiVersion(`https://localhost/?api-version=${version}`);
  });
});
