import { resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { savedCertificate } from "./certificate.ts";
import { startEmulator } from "./emulator.ts";
import { trace } from "./trace.ts";

export const USAGE = `Usage: npm run emulator [<port>]

Runs an emulator of the Azure Communication Services Identity service on this machine, until Ctrl-C.
It listens on the loopback address. The default port is 8443, and 0 picks a free one. (Or: npm run emulator -- --port <port>)`;

/** `npm run emulator`. */
async function main(): Promise<void> {
  const { port, help } = readArguments(process.argv.slice(2));
  if (help) return console.log(USAGE);

  const { certificate, caFile } = await savedCertificate(resolve(".emulator"), process.env.NODE_EXTRA_CA_CERTS);
  const emulator = await startEmulator({ certificate, port, intercept: trace() });
  // Ctrl-Break on Windows is SIGBREAK.
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) process.on(signal, () => emulator.close());

  // Inside quotes, a backslash is an escape character. Windows accepts slashes.
  const { env, instructions } = howToUse(emulator.connectionString, caFile.replaceAll(sep, "/"));
  console.log(env);
  console.error(instructions);
}

/**
 * Reads the arguments.
 *
 * @throws Error if there is an unknown option, an invalid port or more than one port.
 */
export function readArguments(args: string[]): { port: number; help: boolean } {
  const options = { port: { type: "string", multiple: true }, help: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const port = [...positionals, ...(values.port ?? [])].join(" ") || "8443";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`The port must be one number from 0 to 65535, not "${port}"`);
  }
  return { port: Number(port), help: values.help };
}

/** Explains in one line why an emulator couldn't start. */
export function explainStart({ code, message, path, port }: NodeJS.ErrnoException & { port?: number }): string {
  if (port) return `Port ${port} isn't available (${code}). To use a free one: npm run emulator 0`;
  if (path)
    return `Cannot write to ${path} (${code}). The emulator's certificate must be in a folder that you can write to.`;
  // Node's message continues with advice that doesn't apply here.
  if (code?.startsWith("ERR_PARSE_ARGS")) return `${message.split(/\.\s/)[0]}. See: npm run emulator -- --help`;
  return message;
}

/** Reports why an emulator couldn't start, for a program that then ends with exit code 1. */
export function failStart(error: NodeJS.ErrnoException): void {
  console.error(explainStart(error));
  process.exitCode = 1;
}

/**
 * Says how to use a running emulator.
 *
 * @returns The two variables as lines for `.env` and bash, and instructions for people.
 */
export function howToUse(connectionString: string, caFile: string): { env: string; instructions: string } {
  const variables = { COMMUNICATION_SERVICES_CONNECTION_STRING: connectionString, NODE_EXTRA_CA_CERTS: caFile };
  const each = (format: (name: string, value: string) => string, separator: string) =>
    Object.entries(variables)
      .map(([name, value]) => format(name, value))
      .join(separator);
  // PowerShell treats typographic quotation marks as straight ones.
  const powerShell = each((name, value) => `$env:${name}='${value.replace(/['‘’‚‛]/g, "$&$&")}'`, "; ");

  const instructions = `
The emulator of the Identity service is running. It keeps everything in memory. Ctrl-C stops it.
To use it from another terminal, set both variables there before you start a program:

  bash        export ${each((name, value) => `${name}=${quote(value)}`, " ")}
  PowerShell  ${powerShell}
  cmd         ${each((name, value) => `set "${name}=${value}"`, " & ")}

(COMMUNICATION_SERVICES_CONNECTION_STRING can also be in .env. NODE_EXTRA_CA_CERTS can't: Node reads it when it starts.)

Requests and responses:`;
  // Bash expands some characters inside double quotes. dotenv reads both kinds of quotes.
  const env = each((name, value) => `${name}=${/["$`\\]/.test(value) ? quote(value) : `"${value}"`}`, "\n");
  return { env, instructions };
}

/** Quotes a value for a POSIX shell. */
function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

// Not when a test or `npm run start:emulator` imports this file.
if (require.main === module) {
  // Like `npm start | head -1`: if the reader has seen enough, that isn't a failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
  }
  main().catch(failStart);
}
