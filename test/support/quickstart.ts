import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scripts } from "../../package.json";
import { argumentsOf, type Options, type Result, type Running, startNode } from "./child-process.ts";
import { quickstartFolder, root } from "./folder.ts";
import { DELETE, type TestEmulator } from "./test-emulator.ts";

/** How to run the quickstart. */
export interface QuickstartOptions extends Options {
  /** Lines to add to the steps in `main.ts`, as a learner would, where a comment invites them. */
  edit?: string;
  /** Other texts in `src` to replace, for example `SHORT_LIMIT`. */
  replace?: Record<string, string>;
}

/** For a test that waits for the time limit. It's still long enough for a slow machine. */
export const SHORT_LIMIT = { "CALL_LIMIT_MS = 30_000": "CALL_LIMIT_MS = 5000" };

/** Starts what `npm start` runs. With changes, it runs in a copy of the project. */
export function startQuickstart(emulator: TestEmulator, options: QuickstartOptions = {}): Running {
  const { edit, replace = {}, ...others } = options;
  const invitation = "  // Add your own steps here.";
  const changes = { ...replace, ...(edit !== undefined && { [invitation]: `${edit}\n${invitation}` }) };
  const isChanged = Object.keys(changes).length > 0;
  const folder = isChanged ? changedQuickstart(changes) : root;
  const env = { ...emulator.env, ...options.env };
  return startNode(argumentsOf(scripts.start, folder), { ...others, env });
}

/** Copies the quickstart and replaces texts in its source. */
function changedQuickstart(changes: Record<string, string>): string {
  const folder = quickstartFolder();
  const files = readdirSync(join(folder, "src")).map((name) => join(folder, "src", name));
  for (const [text, replacement] of Object.entries(changes)) {
    const file = files.find((name) => readFileSync(name, "utf8").includes(text));
    if (file === undefined) throw new Error(`No file of src has the text "${text}"`);
    const changed = readFileSync(file, "utf8").replace(text, () => replacement);
    writeFileSync(file, changed);
  }
  return folder;
}

/** Runs what `npm start` runs, to its end, and checks that it prints no secret. */
export async function runQuickstart(emulator: TestEmulator, options?: QuickstartOptions): Promise<Result> {
  const result = await startQuickstart(emulator, options).ended;
  assertNoSecrets(result, emulator, options?.env?.COMMUNICATION_SERVICES_CONNECTION_STRING);
  return result;
}

/** Checks that an output has no part of an access key, a signature or a token. */
export function assertNoSecrets(
  { stdout, stderr }: Pick<Result, "stdout" | "stderr">,
  { seen, connectionString }: TestEmulator,
  ownConnectionString = connectionString,
): void {
  const signatures = seen.map(({ headers }) => /Signature=(.*)$/.exec(headers.authorization ?? "")?.[1]);
  const tokens = seen.map(({ response }) => /"token":"([^"]*)/.exec(response)?.[1]);
  for (const secret of [/accesskey=(.*)/.exec(ownConnectionString)?.[1], ...signatures, ...tokens]) {
    for (const part of secret?.match(/[\w+/-]{12,}/g) ?? []) {
      assert.ok(!`${stdout}${stderr}`.includes(part.slice(0, 12)), "the output has a part of a secret");
    }
  }
}

const readme = readFileSync(join(root, "README.md"), "utf8").replaceAll("\r\n", "\n");
const sample = /```text\n(Azure Communication Services[^`]+)```/.exec(readme)?.[1] ?? "";

/** Checks that a run succeeded, with the README's output and with nothing on stderr but what is expected. */
export function assertTranscript({ code, stdout, stderr }: Result, expectedStderr = ""): void {
  assert.equal(stderr, expectedStderr);
  assert.equal(mask(stdout), mask(sample));
  assert.equal(code, 0);
}

function mask(output: string): string {
  const id = /8:acs:[0-9a-fxy]{8}(-[0-9a-fxy]{4}){3}-[0-9a-fxy]{12}_[0-9a-fxy]{8}(-[0-9a-fxy]{4}){3}-[0-9a-fxy]{12}/g;
  const time = /\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d\d:\d\d [AP]M \+00:00/;
  return output.replace(id, "<ID>").replace(time, "<time>");
}

/**
 * What holds for every failure: one or two plain lines on stderr, which match a pattern, exit code 1, and nothing is left of
 * the identities, whose number is printed.
 */
export function assertFailure(result: Result, expected: RegExp, emulator: TestEmulator, deleted: number): void {
  const { code, stdout, stderr } = result;
  const message = deleted > 0 ? stderr.replace(`Deleted ${deleted} of ${deleted} identities.\n`, "") : stderr;
  assert.match(message, expected);
  assert.match(message, /^([^\n]+\n){1,2}$/);
  assert.doesNotMatch(stderr, /^\s+at |^\w*Error:|undefined|\[object/m);
  assert.doesNotMatch(stdout, /undefined|Deleted identities/);
  assert.equal(code, 1);
  assertDeleted(emulator, deleted);
}

/** Checks that nothing is left, and that so many identities were deleted. */
export function assertDeleted({ identities, seen }: TestEmulator, expected: number): void {
  assert.equal(identities.size, 0);
  const deleted = seen.filter(({ operation, status }) => operation === DELETE && status === 204);
  assert.equal(deleted.length, expected);
}
