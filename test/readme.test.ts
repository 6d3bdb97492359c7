import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { scripts } from "../package.json";
import { DEVELOPMENT_KEY } from "./emulator/server";
import { emulatorFor } from "./support/emulator";
import { projectFolder, root } from "./support/folder";
import { runQuickstart, start } from "./support/process";

const readme = readFileSync(join(root, "README.md"), "utf8").replaceAll("\r\n", "\n");

describe("README.md", { concurrency: true }, () => {
  test("shows the output that the quickstart prints", async (t) => {
    const { env } = await emulatorFor(t);
    const { stdout } = await runQuickstart({ env });
    const shown = /```text\n([^`]+)```/.exec(readme)?.[1];
    assert.equal(mask(stdout), mask(shown ?? ""));
  });

  test("names npm scripts that exist", () => {
    for (const [, name = ""] of readme.matchAll(/npm run ([\w:]+)/g)) assert.ok(name in scripts, name);
  });

  test("has a test command that runs every test file", () => {
    const files = readdirSync(__dirname).filter((file) => file.endsWith(".test.ts"));
    const run = scripts.test.split(" ").filter((word) => word.endsWith(".test.ts"));
    assert.deepEqual(run.sort(), files.map((file) => `test/${file}`).sort());
  });

  test("names the emulator's access key", () => {
    assert.ok(readme.includes(`\`${DEVELOPMENT_KEY}\``));
  });

  test("shows a script that works", async (t) => {
    const emulator = await emulatorFor(t);
    const cwd = projectFolder("src");
    const script = join(cwd, "scratch.ts");
    writeFileSync(script, /```ts\n([^`]+)```/.exec(readme)?.[1] ?? "");
    const { stdout, stderr } = await start(script, [], { cwd, env: emulator.env }).ended;
    const id = /"id":"([^"]+)"/.exec(emulator.seen[0]?.answer ?? "")?.[1];
    assert.equal(stderr, "");
    assert.match(
      stdout,
      new RegExp(`communicationUserId: '${id}'.*customId: 'bob@contoso.com'.*lastTokenIssuedAt: \\d{4}-`, "s"),
    );
  });

  test("explains messages that the quickstart has", () => {
    const files = ["connection-string", "explain-error", "main", "tidy-run"];
    const source = files
      .map((file) => readFileSync(join(root, "src", `${file}.ts`), "utf8"))
      .join("\n")
      .replace(/\$\{VARIABLE\}/g, "COMMUNICATION_SERVICES_CONNECTION_STRING");
    const table = readme.slice(readme.indexOf("| what you see"), readme.indexOf("To see more, set"));
    const messages = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, message = ""]) => message);
    assert.equal(messages.length, 16);
    for (const part of messages.flatMap((message) => message.split("…"))) assert.ok(source.includes(part.trim()), part);
  });
});

/** An output without what differs from run to run. */
function mask(output: string): string {
  return output.replace(/8:acs:\S+/g, "<ID>").replace(/(expires at: ).*/, "$1<time>");
}
