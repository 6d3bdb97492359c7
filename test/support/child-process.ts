import { type SpawnOptions, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { root, temporaryFolder } from "./folder.ts";

/** A child process that runs for longer than this hangs, and is killed. */
const LIMIT_MS = 120_000;

/** How a child process ended. The code is as a shell reports it: 128 plus the signal's number if a signal ended it. */
export type Result = { code: number; stdout: string; stderr: string };

/** A child process that has been started. */
export type Running = ReturnType<typeof start>;

/** How to start a child process. */
export interface Options {
  env?: Record<string, string>;
  /** Default: a new folder, so that there is no `.env`. */
  cwd?: string;
  /** A file for its standard output, in place of what `Result` has. */
  stdout?: number;
}

/** Starts npm, in the project's folder unless another is given. */
export function startNpm(args: string[], options: Options = {}): Running {
  // On Windows npm is a script, which only a shell can run.
  return start(["npm", ...args].join(" "), [], { shell: true }, { cwd: root, ...options });
}

/** Starts Node. */
export function startNode(args: string[], options: Options = {}): Running {
  return start(process.execPath, args, {}, options);
}

/** Flags for Node to run the emulator's source, as the scripts in package.json have them. */
export const TSX = ["--require", join(root, "test", "emulator", "before-tsx.cjs"), "--require", "tsx/cjs"];

/** The arguments of a script in package.json that runs Node, with another folder for its files. */
export function argumentsOf(script: string, folder: string): string[] {
  const [, ...args] = script.split(" ");
  return args.map((arg) => (/\.c?[jt]s$/.test(arg) ? join(folder, arg) : arg));
}

function start(command: string, args: string[], how: SpawnOptions, options: Options) {
  const { env = {}, cwd = temporaryFolder(), stdout: file = "pipe" } = options;
  const child = spawn(command, args, {
    ...how,
    cwd,
    env: { ...inherited(), ...env },
    stdio: ["ignore", file, "pipe"],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
    // A process group of its own, so that a test can signal it as a terminal does.
    detached: process.platform !== "win32",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Result>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const code = exitCode ?? 128 + constants.signals[signal ?? "SIGKILL"];
      // Node on Windows ends the lines of an uncaught error with CR LF.
      resolve({ code, stdout: stdout.replaceAll("\r\n", "\n"), stderr: stderr.replaceAll("\r\n", "\n") });
    });
  });
  /** Waits until the process has written a text. Returns its stderr so far. Throws if the process ends first. */
  const said = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => (stdout.includes(text) || stderr.includes(text)) && resolve(stderr);
      check();
      for (const stream of [child.stdout, child.stderr]) stream?.on("data", check);
      ended.then(() => reject(new Error(`The process ended before it wrote "${text}":\n${stdout}${stderr}`)), reject);
    });
  return { child, ended, said };
}

/** Sends a signal to the process and its children, as a terminal does. */
export function interrupt({ child }: Running, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) process.kill(-child.pid, signal);
}

/**
 * The environment that programs need, and nothing that could change what the quickstart does. The proxies are empty
 * rather than unset, so that dotenv can't fill them in from the project's `.env`.
 */
function inherited(): NodeJS.ProcessEnv {
  const names = /^(path|systemroot|windir|comspec|pathext|temp|tmp|tmpdir|home|userprofile|appdata|localappdata)$/i;
  const proxies = { HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "", https_proxy: "", http_proxy: "", all_proxy: "" };
  const needed = Object.entries(process.env).filter(([name]) => names.test(name));
  // NODE_PATH is for what runs in another folder.
  return { ...proxies, NODE_PATH: join(root, "node_modules"), ...Object.fromEntries(needed) };
}
