import { parseArgs } from "node:util";

export const USAGE = `Runs an emulator of the Azure Communication Services Identity service on this machine, until Ctrl-C.

  npm run emulator [<port>]

  <port>  The port to listen on, on the loopback address. 0 picks a free one. The default is 8443.

To see this text: npm run emulator -- --help`;

/**
 * Reads the arguments.
 *
 * @throws Error if there is an option other than `--help`, an invalid port or more than one port.
 */
export function readArguments(args: string[]): { port: number; help: boolean } {
  const options = { help: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const port = positionals.join(" ") || "8443";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`The port must be one number from 0 to 65535, not "${port}"`);
  }
  return { port: Number(port), help: values.help };
}

/** Explains in one line why the emulator couldn't start. */
export function explain({ code, message, path, port }: NodeJS.ErrnoException & { port?: number }): string {
  if (port) return `Port ${port} isn't available (${code}). To use a free one: npm run emulator 0`;
  if (path)
    return `Cannot write to ${path} (${code}). The emulator's certificate must be in a folder that you can write to.`;
  // Node's message continues with advice that doesn't apply here.
  if (code?.startsWith("ERR_PARSE_ARGS")) return `${message.split(/\.\s/)[0]}. See: npm run emulator -- --help`;
  return message;
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

This replaces a NODE_EXTRA_CA_CERTS that the terminal already has, such as a company's CA: use another terminal for npm.
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
