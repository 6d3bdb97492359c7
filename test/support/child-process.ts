import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism, constants } from "node:os";
import { join, resolve } from "node:path";
import { scripts } from "../../package.json";
import { root, temporaryFolder } from "./folder.ts";

/** A child process that runs for longer than this hangs, and is killed. In milliseconds. */
const LIMIT = 120_000;

/** How a child process ended. */
export interface Result {
  /** As a shell reports it: 128 plus the signal's number if a signal ended the process. */
  code: number;
  stdout: string;
  stderr: string;
  /** When the process ended, by `performance.now()`. */
  endedAt: number;
}

/** A child process that has been started. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Result>;
  /**
   * Waits until the process has written a text to stdout or stderr.
   *
   * @returns What it has written to stderr so far.
   * @throws Error with the process's output if it ends first.
   */
  said(text: string): Promise<string>;
}

/** How to start a child process. */
export interface Options {
  env?: Record<string, string>;
  /** A new folder unless it is given, so that there is no `.env`. */
  cwd?: string;
  /** The folder that has the script's file, if it is not the project's. */
  project?: string;
  /** A file of the project to load before the script. */
  preload?: string;
  /** A file for its standard output, in place of what `Result` has. */
  stdout?: number;
  /** Whether the process waits more than it works. Then it starts first, and does not count once it has written a line. */
  waits?: boolean;
}

/** Starts the command of one of the npm scripts in package.json, without npm. It may run outside the project's folder. */
export function startScript(name: keyof typeof scripts, args: string[] = [], options: Options = {}): Promise<Running> {
  const { resolve: find } = createRequire(join(root, "package.json"));
  const [, ...words] = scripts[name].split(" ");
  const isRequired = (index: number) => words[index - 1] === "--require";
  const file = words.findIndex((word, index) => !word.startsWith("-") && !isRequired(index));
  const command = words.map((word, index) => {
    if (isRequired(index)) return find(word);
    return index === file ? resolve(options.project ?? root, word) : word;
  });
  if (options.preload) command.splice(file, 0, "--require", resolve(root, options.preload));
  return startNode([...command, ...args], options);
}

/** Starts npm, in the project's folder unless another is given. */
export function startNpm(args: string[], options: Options = {}): Promise<Running> {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error("Run the tests with npm.");
  return startNode([npm, ...args], { cwd: root, ...options });
}

/** Starts Node. At most one process per processor works at a time, or they would run into their own time limits. */
export async function startNode(args: string[], options: Options = {}): Promise<Running> {
  const { env = {}, cwd = temporaryFolder(), stdout: file = "pipe", waits = false } = options;
  await takeSlot(waits ? "first" : "later");
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...inherited(), ...env },
    stdio: ["ignore", file, "pipe"],
    timeout: LIMIT,
    killSignal: "SIGKILL",
    // A process group of its own, so that a test can signal it as a terminal does.
    detached: process.platform !== "win32",
  });
  if (waits) child.stdout?.once("data", freeSlot);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Result>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      if (!waits || stdout === "") freeSlot();
      const code = exitCode ?? 128 + constants.signals[signal ?? "SIGKILL"];
      const endedAt = performance.now();
      // Node on Windows ends the lines of an uncaught error with CR LF.
      resolve({ code, stdout: stdout.replaceAll("\r\n", "\n"), stderr: stderr.replaceAll("\r\n", "\n"), endedAt });
    });
  });
  const said = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => (stdout.includes(text) || stderr.includes(text)) && resolve(stderr);
      check();
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", check);
      ended.then(() => reject(new Error(`The process ended before it wrote "${text}":\n${stdout}${stderr}`)), reject);
    });
  return { child, ended, said };
}

let freeSlots = availableParallelism();
const queues: Record<"first" | "later", (() => void)[]> = { first: [], later: [] };

async function takeSlot(queue: keyof typeof queues): Promise<void> {
  if (freeSlots > 0) freeSlots--;
  else await new Promise<void>((resolve) => queues[queue].push(resolve));
}

function freeSlot(): void {
  const next = queues.first.shift() ?? queues.later.shift();
  if (next) next();
  else freeSlots++;
}

/**
 * The environment that programs need, and nothing that could change what the quickstart does. The proxies are empty
 * rather than unset, so that dotenv cannot fill them in from the project's `.env`.
 */
function inherited(): Record<string, string> {
  const names = /^(path|systemroot|windir|comspec|pathext|temp|tmp|tmpdir|home|userprofile|appdata|localappdata)$/i;
  const variables: Record<string, string> = { HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "" };
  for (const name of Object.keys(variables)) variables[name.toLowerCase()] = "";
  variables.NODE_PATH = join(root, "node_modules"); // For what runs in a folder of its own.
  for (const [name, value] of Object.entries(process.env)) {
    if (names.test(name) && value !== undefined) variables[name] = value;
  }
  return variables;
}
