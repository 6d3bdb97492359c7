import { parseArgs } from "node:util";

export const USAGE = `Runs an emulator of the Azure Communication Services Identity service on this machine, until Ctrl-C.

  npm run emulator [<port>]

  <port>  The port to listen on, on the loopback address. 0 picks a free one. The default is 8443.

To see this text: npm run emulator -- --help`;

/**
 * Reads the arguments. The port may be an option, too: \`--port <port>\`.
 *
 * @throws Error if there is an unknown option, an invalid port or more than one port.
 */
export function readArguments(args: string[]): { port: number; help: boolean } {
  const options = { port: { type: "string" }, help: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  // PowerShell takes the `--` out of `npm run emulator -- --port 0`, and then npm takes `--port` for an option of its own.
  const ports = values.port === undefined ? positionals : [values.port, ...positionals];
  const [port = "8443"] = ports;
  if (ports.length > 1 || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`The port must be one number from 0 to 65535, not '${ports.join(" ")}'`);
  }
  return { port: Number(port), help: values.help };
}

/** Explains in one line why the emulator could not start. */
export function explain({ code, message, port, syscall }: NodeJS.ErrnoException & { port?: number }): string {
  if (syscall === "listen") {
    const reason = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`;
    return `Port ${port} ${reason}. Choose another, or 0 for a free one: npm run emulator 0`;
  }
  // Node's message goes on with advice that does not fit here.
  if (code?.startsWith("ERR_PARSE_ARGS")) return `${message.split(/\.\s/)[0]}. See: npm run emulator -- --help`;
  return message;
}

/** Variables, and how to set them in each kind of terminal. */
export function howToSet(variables: Record<string, string>): {
  [terminal in "env" | "bash" | "PowerShell" | "cmd"]: string;
} {
  const each = (format: (name: string, value: string) => string, separator: string) =>
    Object.entries(variables)
      .map(([name, value]) => format(name, value))
      .join(separator);
  return {
    // In double quotes a shell would expand some characters. dotenv takes either kind of quotes as they are.
    env: each((name, value) => `${name}=${/["$`\\]/.test(value) ? quote(value) : `"${value}"`}`, "\n"),
    bash: `export ${each((name, value) => `${name}=${quote(value)}`, " ")}`,
    // PowerShell treats typographic quotation marks as straight ones.
    PowerShell: each((name, value) => `$env:${name}='${value.replace(/['‘’‚‛]/g, "$&$&")}'`, "; "),
    cmd: each((name, value) => `set "${name}=${value}"`, " & "),
  };
}

/** Quotes a value for a POSIX shell. */
function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
