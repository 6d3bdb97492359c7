import { scripts } from "../../package.json";

/**
 * The arguments for Node that `npm start` runs the quickstart with, relative to the project's folder.
 *
 * @param script - Default: the script "start" in package.json.
 * @throws Error if the script isn't a command of Node.
 */
export function startCommand(script = scripts.start): string[] {
  const [program, ...args] = script.split(/\s+/);
  if (program !== "node")
    throw new Error(`The script "start" in package.json must begin with "node ", not "${script}"`);
  return args;
}
