import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startNode, TSX } from "../support/child-process.ts";
import { quickstartFolder, root, temporaryFolder } from "../support/folder.ts";
import { test } from "../support/test-emulator.ts";
import { readApiVersion } from "./api-versions.ts";
import { DEVELOPMENT_KEY } from "./emulator.ts";

const readme = readFileSync(join(__dirname, "README.md"), "utf8").replaceAll("\r\n", "\n");
const [scratch = "", entra = "", example = "", failures = ""] = Array.from(
  readme.matchAll(/```ts\n([^`]+)```/g),
  ([, code]) => code,
);
const options = JSON.parse(/```json\n([^`]+)```/.exec(readme)?.[1] ?? "");

const SDK = ["--require", "@azure/communication-identity"];

/** What the README says about each failure. */
const tests = `
import { isRestError, RestError } from "@azure/core-rest-pipeline";
import type { Middleware } from "../byodi-quickstart/test/emulator/service.ts";
import { busyOnce, denied, silent, withoutPreview } from "./failures.ts";

const failures: Record<string, [intercept: Middleware, expected: string]> = {
  denied: [denied, "401 Denied"],
  busyOnce: [busyOnce(), "201"],
  silent: [silent, "AbortError"],
  withoutPreview: [withoutPreview, "400 UnsupportedApiVersion"],
};
for (const [name, [intercept, expected]] of Object.entries(failures)) {
  test(name, async (t) => {
    const emulator = await startEmulator({ intercept });
    t.after(() => emulator.close());
    const client = new CommunicationIdentityClient(emulator.connectionString, { tlsOptions: { ca: emulator.ca } });
    const began = performance.now();
    const outcome = await client.createUser({ customId: "bob", abortSignal: AbortSignal.timeout(3000) }).then(
      () => "201",
      (error) => (isRestError(error) ? [error.statusCode, error.code].join(" ") : error.name),
    );
    assert.equal(outcome, expected);
    assert.ok(name !== "busyOnce" || performance.now() - began > 900);
  });
}
assert.ok(RestError);
`;

describe("the emulator's README", () => {
  test("shows a script that works with an access key, and with Microsoft Entra ID", async (emulator) => {
    const cwd = quickstartFolder();
    const credential = entra.replace("https://127.0.0.1:8443", emulator.endpoint);
    // When the first script has ended, the second one starts.
    const next = 'process.once("beforeExit", () => require("./entra.ts"));';
    writeFileSync(join(cwd, "scratch.ts"), `${scratch}${next}`);
    writeFileSync(join(cwd, "entra.ts"), scratch.replace(/ {2}const client.*\n/, credential));
    const { ended } = startNode([...SDK, "--require", "tsx/cjs", "scratch.ts"], { cwd, env: emulator.env });
    const { stdout, stderr } = await ended;
    assert.equal(stderr, "");
    assert.match(
      stdout,
      /^(\{\s+user: [^}]*8:acs:[^}]*\},\s+customId: 'bob',\s+lastTokenIssuedAt: \d{4}-.+\n\}\n){2}$/,
    );
    assert.equal(emulator.identities.size, 0);
    const credentials = emulator.seen.map(({ headers }) => headers.authorization?.replace(/ .*Signature=.*/, ""));
    const [key, token] = ["HMAC-SHA256", "Bearer any"];
    assert.deepEqual(credentials, [key, key, key, token, token, token]);
  });

  test("shows a test of another project that compiles with the settings it shows, and works", async () => {
    const parent = temporaryFolder();
    const cwd = join(parent, "another-project");
    mkdirSync(cwd);
    symlinkSync(root, join(parent, "byodi-quickstart"), "junction");
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    writeFileSync(join(cwd, "example.test.ts"), `${example}${tests}`);
    writeFileSync(join(cwd, "failures.ts"), failures);
    // The other settings are those of `tsc --init` and some that projects often add.
    const common = { module: "nodenext", target: "esnext", lib: ["esnext", "dom"], strict: true, skipLibCheck: true };
    const added = { noPropertyAccessFromIndexSignature: true, noUncheckedIndexedAccess: true, isolatedModules: true };
    const compilerOptions = { ...common, ...added, exactOptionalPropertyTypes: true, ...options };
    writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    const compiler = startNode([join(root, "node_modules", "typescript", "bin", "tsc")], { cwd });
    assert.equal((await compiler.ended).stdout, "");
    const args = [...SDK, ...TSX, "--test-reporter=tap", "example.test.ts"];
    const { code, stdout } = await startNode(args, { cwd }).ended;
    assert.match(stdout, /^# pass 5$/m);
    assert.equal(code, 0, stdout);
  });

  test("names the access key and the API versions", () => {
    assert.ok(readme.includes(`\`${DEVELOPMENT_KEY}\``));
    const versions = Array.from(readme.matchAll(/`(20\d\d-[\w-]+)`/g), ([, version = ""]) => version);
    assert.equal(new Set(versions).size, 10);
    for (const version of versions) readApiVersion(`https://localhost/?api-version=${version}`);
  });
});
