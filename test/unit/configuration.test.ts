import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readConnectionString } from "../../src/configuration.ts";
import { PlainError } from "../../src/explain-error.ts";
import { root, temporaryFolder } from "../support/folder.ts";

const NAME = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const KEY = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
const VALUE = `endpoint=https://contoso.communication.azure.com/;accesskey=${KEY}`;
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_BOM = Buffer.from([0xff, 0xfe]);

interface Where {
  variable?: string;
  prepare?: (file: string) => void;
  /** Other variables. */
  [name: string]: unknown;
}

/** Reads the connection string in a new folder. Nothing else in this process runs meanwhile. */
function read({ variable, prepare, ...others }: Where): string {
  const folder = temporaryFolder();
  prepare?.(join(folder, ".env"));
  const [cwd, env] = [process.cwd(), process.env];
  try {
    process.chdir(folder);
    process.env = { ...(others as NodeJS.ProcessEnv), ...(variable !== undefined && { [NAME]: variable }) };
    return readConnectionString();
  } finally {
    process.env = env;
    process.chdir(cwd);
  }
}

const file = (content: string | Buffer) => ({ prepare: (path: string) => writeFileSync(path, content) });

describe("the configuration", () => {
  const ofAnotherProject = {
    DOTENV_OVERRIDE: "true",
    DOTENV_PATH: "other.env",
    DOTENV_ENCODING: "latin1",
    DOTENV_FAST: "1",
  };
  const olderNames = {
    DOTENV_CONFIG_OVERRIDE: "true",
    DOTENV_CONFIG_PATH: "other.env",
    DOTENV_CONFIG_ENCODING: "ucs2",
  };
  const socks = { ALL_PROXY: "socks5://contoso:1", NO_PROXY: "contoso.communication.azure.com" };
  const accepted = {
    "in the environment, and another one in .env": { variable: VALUE, ...file(`${NAME}=other`) },
    "with spaces around it, and in another case": { variable: ` ${VALUE.replace("endpoint", "Endpoint")}; ` },
    "with a quotation mark in front, as `set` on Windows can leave it": { variable: `"${VALUE}` },
    "in .env, and empty in the terminal": { variable: " ", ...file(`${NAME}=${VALUE}`) },
    "with a proxy": { variable: VALUE, HTTPS_PROXY: "http://contoso:8080", HTTP_PROXY: "not looked at" },
    "with a proxy that the SDK may not use": { variable: VALUE, ...socks },
    "with a proxy whose password has a plain % and slash": { variable: VALUE, HTTPS_PROXY: "http://a:1/%ZZ@b:1" },
    "in .env, unquoted": file(`# Azure\n${NAME}=${VALUE}\n`),
    "in .env, with dotenv's variables": { ...ofAnotherProject, ...file(`NOTE="\\n#"\n${NAME}=${VALUE}`) },
    "in .env, with the older names of dotenv's variables": { ...olderNames, ...file(`${NAME}=${VALUE}`) },
    "in the environment, with dotenv's variables": { variable: VALUE, ...ofAnotherProject, ...file(`${NAME}=other`) },
    "in .env, saved as UTF-8 with a byte order mark": file(Buffer.concat([UTF8_BOM, Buffer.from(`${NAME}=${VALUE}`)])),
    "in .env, saved as UTF-16": file(Buffer.concat([UTF16_BOM, Buffer.from(`${NAME}="${VALUE}"\r\n`, "utf16le")])),
  };
  for (const [name, where] of Object.entries(accepted)) {
    test(`${name}: is accepted`, () => {
      const value = read(where).replace(/^\W|;$/g, "");
      assert.equal(value.toLowerCase(), VALUE.toLowerCase());
    });
  }

  const must = `^${NAME} must have the form endpoint=https://<your-resource>\\..*;accesskey=<.*\n`;
  const form = new RegExp(`${must}Copy all of it .*portal`);
  const placeholder = new RegExp(`${must}It still has a placeholder.*portal`);
  const cut = new RegExp(`${must}.* A shell cuts .* quotation marks\\.$`);
  const notSet =
    /isn't set in this terminal or in \.env\. Set it in \.env as \.env\.example shows .*\n.*npm run start:emulator$/;
  const proxy = (name: string) => new RegExp(`^${name} must have the form http://<host>:<port>, .* URL-encoded$`);
  const unusable: Record<string, [where: Where, expected: RegExp]> = {
    "not set anywhere": [{}, notSet],
    blank: [{ variable: " \t " }, notSet],
    "empty in .env": [file(`${NAME}=`), notSet],
    "alone in .env": [file(VALUE), notSet],
    "in a .env that is a folder": [{ prepare: (path) => mkdirSync(path) }, notSet],
    "still .env.example's": [{ prepare: (path) => copyFileSync(join(root, ".env.example"), path) }, placeholder],
    "with the placeholder of the key": [{ variable: VALUE.replace(KEY, "<your-access-key>") }, placeholder],
    "cut by the shell at the semicolon": [{ variable: VALUE.replace(/;.*/, "") }, cut],
    "the other way round": [{ variable: `accesskey=${KEY};endpoint=https://contoso.communication.azure.com/` }, form],
    "with two access keys": [{ variable: `${VALUE};accesskey=${KEY}` }, form],
    "with an endpoint that is not a URL": [{ variable: `endpoint=contoso;accesskey=${KEY}` }, form],
    "with an http endpoint": [{ variable: VALUE.replace("https", "http") }, form],
    "with a path": [{ variable: VALUE.replace("com/", "com/identities") }, form],
    "with a proxy that has no scheme": [{ variable: VALUE, HTTPS_PROXY: "contoso:8080" }, proxy("HTTPS_PROXY")],
    "with a proxy that isn't a URL": [{ variable: VALUE, all_proxy: "http://contoso contoso" }, proxy("all_proxy")],
  };
  for (const [name, [where, expected]] of Object.entries(unusable)) {
    test(`${name}: says so in two lines at most, and shows no part of a value`, () => {
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
