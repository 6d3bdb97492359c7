import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { resolve } from "node:path";
import { root, temporaryFolder } from "./folder";

/** How a child process ended. */
export interface Result {
  /** As a shell reports it: 128 and the signal's number when a signal ended it, as npm ends itself. */
  code: number;
  stdout: string;
  stderr: string;
  /** When it ended, by the clock of `performance.now()`. */
  endedAt: number;
}

/** A child process that runs, or has ended. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Result>;
  /** Waits until it has said something on stderr. */
  said(text: string): Promise<void>;
}

export interface Options {
  env?: Record<string, string>;
  /** A folder of its own unless it is given, so that no `.env` is found. */
  cwd?: string;
  /** A file of the project to be loaded first. */
  preload?: string;
}

/** Starts what `npm start` runs. */
export function startQuickstart(options: Options = {}): Running {
  return start("src/main.ts", [], options);
}

/** Runs what `npm start` runs, to its end. */
export function runQuickstart(options: Options = {}): Promise<Result> {
  return startQuickstart(options).ended;
}

/** Starts a TypeScript file, as the project's npm scripts do. The path is relative to the project's folder. */
export function start(file: string, args: string[], options: Options = {}): Running {
  const preload = options.preload === undefined ? [] : ["--require", resolve(root, options.preload)];
  return startNode(["--require", require.resolve("tsx/cjs"), ...preload, resolve(root, file), ...args], options);
}

/** Starts an npm script, in the project's folder: npm is there when the tests are run by it. */
export function startNpm(args: string[], options: Options = {}): Running {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error("Run the tests with npm.");
  return startNode([npm, ...args], { cwd: root, ...options });
}

function startNode(args: string[], { env = {}, cwd = temporaryFolder() }: Options): Running {
  // A process group of its own, so that a test can signal it as a terminal does.
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...inherited(), ...env },
    detached: process.platform !== "win32",
  });
  let [stdout, stderr] = ["", ""];
  const ended = new Promise<Result>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const code = exitCode ?? 128 + constants.signals[signal ?? "SIGKILL"];
      resolve({ code, stdout, stderr, endedAt: performance.now() });
    });
  });
  const said = async (text: string) => {
    while (!stderr.includes(text)) await once(child.stderr, "data");
  };
  return { child, ended, said };
}

/**
 * What programs need from the environment, and nothing that could change what the quickstart does. Proxies are set, but
 * empty, so that one in the project's own `.env` is not used either.
 */
function inherited(): Record<string, string> {
  const names = /^(path|systemroot|windir|comspec|pathext|temp|tmp|tmpdir|home|userprofile|appdata|localappdata)$/i;
  const variables: Record<string, string> = { HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "" };
  for (const name of Object.keys(variables)) variables[name.toLowerCase()] = "";
  for (const [name, value] of Object.entries(process.env)) {
    if (names.test(name) && value !== undefined) variables[name] = value;
  }
  return variables;
}
