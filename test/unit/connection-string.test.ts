import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readConnectionString } from "../../src/connection-string.ts";
import { PlainError } from "../../src/explain-error.ts";
import { root, temporaryFolder } from "../support/folder.ts";

const NAME = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const KEY = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
const VALUE = `endpoint=https://contoso.communication.azure.com/;accesskey=${KEY}`;
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_BOM = Buffer.from([0xff, 0xfe]);

/** Reads the connection string in a folder of its own. Nothing else in this process runs meanwhile. */
function read({ variable, prepare }: { variable?: string; prepare?: (file: string) => void }): string {
  const folder = temporaryFolder();
  prepare?.(join(folder, ".env"));
  const [cwd, env] = [process.cwd(), process.env];
  try {
    process.chdir(folder);
    process.env = variable === undefined ? {} : { [NAME]: variable };
    return readConnectionString();
  } finally {
    process.env = env;
    process.chdir(cwd);
  }
}

const file = (content: string | Buffer) => ({ prepare: (path: string) => writeFileSync(path, content) });

describe("the connection string", () => {
  const accepted = {
    "in the environment": { variable: VALUE },
    "in the environment, and another one in .env": { variable: VALUE, ...file(`${NAME}=other`) },
    "with spaces around it, and in another case": { variable: ` ${VALUE.replace("endpoint", "Endpoint")}; ` },
    "in .env, unquoted": file(`# Azure\n${NAME}=${VALUE}\n`),
    "in .env, in double quotes, with Windows' line endings": file(`${NAME}="${VALUE}"\r\n`),
    "in .env, in single quotes": file(`${NAME}='${VALUE}'`),
    "in .env, after export": file(`export ${NAME}="${VALUE}"`),
    "in .env, saved as UTF-8 with a byte order mark": file(Buffer.concat([UTF8_BOM, Buffer.from(`${NAME}=${VALUE}`)])),
    "in .env, saved as UTF-16": file(Buffer.concat([UTF16_BOM, Buffer.from(`${NAME}="${VALUE}"\r\n`, "utf16le")])),
  };
  for (const [name, where] of Object.entries(accepted)) {
    test(`${name}: is accepted`, () => {
      assert.equal(read(where).trim().toLowerCase().replace(/;$/, ""), VALUE.toLowerCase());
    });
  }

  const form = new RegExp(`^${NAME} must have the form endpoint=https://<your-resource>\\..*;accesskey=<.*\n.*portal`);
  const noValue = new RegExp(`^The file \\.env does not set the variable .*\n${NAME}=`);
  const unusable: Record<string, [where: Parameters<typeof read>[0], expected: RegExp]> = {
    "not set anywhere": [{}, /is not set\. Copy \.env\.example to \.env .*\n.*npm run start:emulator$/],
    blank: [{ variable: " \t " }, /is not set\. Copy/],
    "empty in the terminal, which hides the one in .env": [
      { variable: "", ...file(`${NAME}="${VALUE}"`) },
      /is set in this terminal, but empty\. That hides the value in \.env:\n/,
    ],
    "blank in the terminal, which hides the one in .env": [
      { variable: " ", ...file(`${NAME}="${VALUE}"`) },
      /is set in this terminal, but empty/,
    ],
    "misspelt in .env": [file(`COMMUNICATION_SERVICE_CONNECTION_STRING="${VALUE}"`), noValue],
    "under another sample's name in .env": [file(`COMMUNICATION_CONNECTION_STRING="${VALUE}"`), noValue],
    "in lower case in .env": [file(`${NAME.toLowerCase()}="${VALUE}"`), noValue],
    "set for PowerShell in .env": [file(`$env:${NAME} = "${VALUE}"`), noValue],
    "set for cmd in .env": [file(`set ${NAME}=${VALUE}`), noValue],
    "alone in .env": [file(VALUE), noValue],
    "empty in .env": [file(`${NAME}=`), noValue],
    "in a .env that is a folder": [
      { prepare: (path) => mkdirSync(path) },
      /^Cannot read \.env as a text file: EISDIR: illegal operation on a directory/,
    ],
    "still .env.example's": [{ prepare: (path) => copyFileSync(join(root, ".env.example"), path) }, form],
    "with the placeholder of the key": [{ variable: VALUE.replace(KEY, "<your-access-key>") }, form],
    "only the key": [{ variable: KEY }, form],
    "without endpoint=": [{ variable: VALUE.replace("endpoint=", "") }, form],
    "without accesskey=": [{ variable: VALUE.replace("accesskey=", "") }, form],
    "with an empty access key": [{ variable: VALUE.replace(KEY, "") }, form],
    "the other way round": [{ variable: `accesskey=${KEY};endpoint=https://contoso.communication.azure.com/` }, form],
    "with two access keys": [{ variable: `${VALUE};accesskey=${KEY}` }, form],
    "with an endpoint that is not a URL": [{ variable: `endpoint=contoso;accesskey=${KEY}` }, form],
    "with an http endpoint": [{ variable: VALUE.replace("https", "http") }, form],
    "with a path": [{ variable: VALUE.replace("com/", "com/identities") }, form],
  };
  for (const [name, [where, expected]] of Object.entries(unusable)) {
    test(`${name}: says so in two lines at most, and shows no part of the value`, () => {
      assert.throws(
        () => read(where),
        (error) => {
          assert.ok(error instanceof PlainError);
          assert.match(error.message, expected);
          assert.ok(error.message.split("\n").length <= 2);
          assert.doesNotMatch(error.message, /contoso|c2Vj|identities/);
          return true;
        },
      );
    });
  }
});
