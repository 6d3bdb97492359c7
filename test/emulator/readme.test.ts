import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { isRestError } from "@azure/core-rest-pipeline";
import { startNode, TSX } from "../support/child-process.ts";
import { quickstartFolder, root, temporaryFolder } from "../support/folder.ts";
import { clientOf } from "../support/test-client.ts";
import { test } from "../support/test-emulator.ts";
import { readApiVersion } from "./api-versions.ts";
import { DEVELOPMENT_KEY, startEmulator } from "./emulator.ts";

const readme = readFileSync(join(__dirname, "README.md"), "utf8").replaceAll("\r\n", "\n");
const blocks = Array.from(readme.matchAll(/```ts\n([^`]+)```/g), ([, code]) => code);
const [scratch = "", entra = "", example = "", failures = ""] = blocks;
const options = JSON.parse(/```json\n([^`]+)```/.exec(readme)?.[1] ?? "");

const SDK = ["--require", "@azure/communication-identity"];

describe("the emulator's README", () => {
  test("shows a script that works with an access key, and with Microsoft Entra ID", async (emulator) => {
    const cwd = quickstartFolder();
    const credential = entra.replace("https://127.0.0.1:8443", emulator.endpoint);
    // When the first script has ended, the second one starts.
    const next = 'process.once("beforeExit", () => require("./entra.ts"));';
    writeFileSync(join(cwd, "scratch.ts"), `${scratch}${next}`);
    writeFileSync(join(cwd, "entra.ts"), scratch.replace(/ {2}const client.*\n/, credential));
    const args = [...SDK, "--require", "tsx/cjs", "scratch.ts"];
    const { stdout, stderr } = await startNode(args, { cwd, env: emulator.env }).ended;
    assert.equal(stderr, "");
    assert.match(
      stdout,
      /^(\{\s+user: [^}]*8:acs:[^}]*\},\s+customId: 'bob',\s+lastTokenIssuedAt: \d{4}-.+\n\}\n){2}$/,
    );
    assert.equal(emulator.identities.size, 0);
    const credentials = emulator.seen.map(({ headers }) => headers.authorization?.split(" ")[0]);
    assert.equal(credentials.join(" "), "HMAC-SHA256 HMAC-SHA256 HMAC-SHA256 Bearer Bearer Bearer");
  });

  test("shows a test of another project that compiles with the settings it shows and works, and failures", async (_, t) => {
    const parent = temporaryFolder();
    const cwd = join(parent, "another-project");
    mkdirSync(cwd);
    symlinkSync(root, join(parent, "byodi-quickstart"), "junction");
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    writeFileSync(join(cwd, "example.test.ts"), example);
    writeFileSync(join(cwd, "failures.ts"), failures);
    // The other settings are those of `tsc --init` and some that projects often add.
    const common = { module: "nodenext", target: "esnext", lib: ["esnext", "dom"], strict: true, skipLibCheck: true };
    const added = { noPropertyAccessFromIndexSignature: true, noUncheckedIndexedAccess: true, isolatedModules: true };
    const compilerOptions = { ...common, ...added, exactOptionalPropertyTypes: true, ...options };
    writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const compiler = startNode([join(root, "node_modules", "typescript", "bin", "tsc"), "--singleThreaded"], { cwd });
    assert.equal((await compiler.ended).stdout, "");
    const args = [...SDK, ...TSX, "--test-reporter=tap", "example.test.ts"];
    const { code, stdout } = await startNode(args, { cwd }).ended;
    assert.match(stdout, /^# pass 1$/m);
    assert.equal(code, 0, stdout);

    const { busyOnce, denied, silent, withoutPreview } = require(join(cwd, "failures.ts"));
    const outcomes = { "401 Denied": denied, 201: busyOnce(), AbortError: silent, "400 Unsupported": withoutPreview };
    for (const [expected, intercept] of Object.entries(outcomes)) {
      const emulator = await startEmulator({ intercept });
      t.after(emulator.close);
      const abortSignal = AbortSignal.timeout(intercept === silent ? 500 : 60_000);
      const call = clientOf(emulator).createUser({ abortSignal });
      const explain = (error: unknown) => (isRestError(error) ? `${error.statusCode} ${error.code}` : String(error));
      assert.match(await call.then(() => "201", explain), new RegExp(`^${expected}`));
    }
  });

  test("names the access key and the API versions", () => {
    assert.ok(readme.includes(`\`${DEVELOPMENT_KEY}\``));
    const versions = Array.from(readme.matchAll(/`(20\d\d-[\w-]+)`/g), ([, version = ""]) => version);
    assert.equal(new Set(versions).size, 10);
    for (const version of versions) readApiVersion(`https://localhost/?api-version=${version}`);
  });
});
