import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCommand } from "../emulator/start-command.ts";
import { type Options, type Result, type Running, startNode } from "./child-process.ts";
import { quickstartFolder, root } from "./folder.ts";
import { DELETE, type TestEmulator } from "./test-emulator.ts";

/** How to run the quickstart. */
export interface QuickstartOptions extends Options {
  /** Lines to add to the steps in `main.ts`, as a learner would, where a comment invites them. */
  edit?: string;
  /** Other texts in `src` to replace, for example `SHORT_LIMITS`. */
  replace?: Record<string, string>;
}

/** For a test that waits for a time limit. The limits are still long enough for a slow machine. */
export const SHORT_LIMITS = { "LIMIT = 60_000": "LIMIT = 5000", "LIMIT = 10_000": "LIMIT = 2000" };

/** Starts what `npm start` runs. With changes, it runs in a copy of the project. */
export function startQuickstart(emulator: TestEmulator, options: QuickstartOptions = {}): Promise<Running> {
  const { edit, replace = {}, ...others } = options;
  const invitation = "      // Add your own steps here.";
  const changes = { ...replace, ...(edit !== undefined && { [invitation]: `${edit}\n${invitation}` }) };
  const isChanged = Object.keys(changes).length > 0;
  const folder = isChanged ? changedQuickstart(changes) : root;
  const [file = "", ...flags] = startCommand().reverse();
  const env = { ...emulator.env, ...options.env };
  return startNode([...flags.reverse(), join(folder, file)], { ...others, env });
}

/** Copies the quickstart and replaces texts in its source. */
function changedQuickstart(changes: Record<string, string>): string {
  const folder = quickstartFolder();
  const files = readdirSync(join(folder, "src")).map((name) => join(folder, "src", name));
  for (const [text, replacement] of Object.entries(changes)) {
    const file = files.find((name) => readFileSync(name, "utf8").includes(text));
    if (file === undefined) throw new Error(`No file of src has the text "${text}"`);
    const source = readFileSync(file, "utf8");
    writeFileSync(
      file,
      source.replace(text, () => replacement),
    );
  }
  return folder;
}

/** Runs what `npm start` runs, to its end, and checks that it prints no secret. */
export async function runQuickstart(emulator: TestEmulator, options?: QuickstartOptions): Promise<Result> {
  const { ended } = await startQuickstart(emulator, options);
  const result = await ended;
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
  const id = /8:acs:[0-9a-fx]{8}(-[0-9a-fx]{4}){3}-[0-9a-fx]{12}_[0-9a-fx]{8}(-[0-9a-fx]{4}){3}-[0-9a-fx]{12}/g;
  const time = /\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d\d:\d\d [AP]M \+00:00/;
  return output.replace(id, "<ID>").replace(time, "<time>");
}

/** What holds for every failure: one or two plain lines on stderr, which match a pattern, and exit code 1. */
export function assertFailure({ code, stdout, stderr }: Result, expected: RegExp): void {
  assert.match(stderr, expected);
  assert.match(stderr, /^([^\n]+\n){1,2}$/);
  assert.doesNotMatch(stderr, /^\s+at |^\w*Error:|undefined|\[object/m);
  assert.doesNotMatch(stdout, /undefined|Deleted identities/);
  assert.equal(code, 1);
}

/** Checks that nothing is left, and that so many identities were deleted. */
export function assertDeleted({ identities, seen }: TestEmulator, expected: number): void {
  assert.equal(identities.size, 0);
  const deleted = seen.filter(({ operation, status }) => operation === DELETE && status === 204);
  assert.equal(deleted.length, expected);
}
