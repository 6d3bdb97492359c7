import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, test } from "node:test";
import { parse } from "dotenv";
import { explain, howToSet, readArguments, USAGE } from "./command-line.ts";
import { startEmulator } from "./server.ts";

const skip = spawnSync("bash", ["--version"]).status !== 0 && "there is no bash";

describe("the command line of `npm run emulator`", () => {
  test("takes a port, with or without --port", () => {
    assert.deepEqual(readArguments([]), { port: 8443, help: false });
    assert.deepEqual(readArguments(["0"]), { port: 0, help: false });
    assert.deepEqual(readArguments(["--port", "65535"]), { port: 65_535, help: false });
    assert.deepEqual(readArguments(["--help"]), { port: 8443, help: true });
    assert.match(USAGE, /npm run emulator \[<port>\].* 0 .* 8443\..*--help/s);
  });

  test("explains in one line what is wrong", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const wrong: Record<string, string[]> = {
      "Unknown option '--prot'. See: npm run emulator -- --help": ["--prot", "1"],
      "The port must be one number from 0 to 65535, not 'https'": ["https"],
      "The port must be one number from 0 to 65535, not '65536'": ["--port", "65536"],
      "The port must be one number from 0 to 65535, not '1 2'": ["--port", "1", "2"],
      [`Port ${port} is in use. Choose another, or 0 for a free one: npm run emulator 0`]: [`${port}`],
    };
    for (const [expected, args] of Object.entries(wrong)) {
      const start = async () => startEmulator(readArguments(args));
      await assert.rejects(start, (error: Error) => explain(error) === expected, expected);
    }
  });

  const connectionString = "endpoint=https://127.0.0.1:1/;accesskey=a+b/c==";
  const odd = '/it\'s $HOME `id` "x" \\n %PATH%/ca.pem';

  test("prints a line for bash that sets the variables, whatever is in them", { skip }, () => {
    assert.equal(inBash(howToSet({ FIRST: connectionString, SECOND: odd }).bash), `${connectionString}\n${odd}\n`);
  });

  test("prints lines that dotenv and bash take", { skip }, () => {
    for (const path of ["/a b", "/it's", "/$HOME", "/`id`", '/"x"', "/\\n"]) {
      const variables = { FIRST: connectionString, SECOND: path };
      const { env } = howToSet(variables);
      assert.deepEqual(parse(env), variables);
      assert.equal(inBash(env), `${connectionString}\n${path}\n`);
    }
  });

  test("prints lines for PowerShell and cmd, quoted as they need it", () => {
    const { PowerShell, cmd } = howToSet({ FIRST: connectionString, SECOND: odd });
    assert.equal(PowerShell, `$env:FIRST='${connectionString}'; $env:SECOND='${odd.replace("'", "''")}'`);
    assert.equal(cmd, `set "FIRST=${connectionString}" & set "SECOND=${odd}"`);
  });
});

/** The values of the variables FIRST and SECOND in bash, after some commands. */
function inBash(commands: string): string {
  return execFileSync("bash", ["-c", `${commands}\nprintf '%s\\n' "$FIRST" "$SECOND"`], { encoding: "utf8" });
}
