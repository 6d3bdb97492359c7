import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Options, type Result, type Running, startScript } from "./child-process.ts";
import { quickstartFolder, root } from "./folder.ts";
import { DELETE, type TestEmulator } from "./test-emulator.ts";

/** How to run the quickstart. */
export interface QuickstartOptions extends Options {
  /** Lines for `main.ts` to run before it deletes the identities, as a learner would add them. */
  edit?: string;
}

/** Starts what `npm start` runs. */
export function startQuickstart(
  emulator: TestEmulator,
  { edit, ...options }: QuickstartOptions = {},
): Promise<Running> {
  const env = { ...emulator.env, ...options.env };
  if (edit === undefined) return startScript("start", [], { ...options, env });
  const project = quickstartFolder();
  const file = join(project, "src", "main.ts");
  const source = readFileSync(file, "utf8");
  const edited = source.replace("  // 5. ", `${edit}\n\n  // 5. `);
  assert.notEqual(edited, source);
  writeFileSync(file, edited);
  return startScript("start", [], { ...options, project, env });
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
