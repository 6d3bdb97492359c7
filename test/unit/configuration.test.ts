import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readConnectionString } from "../../src/configuration.ts";
import { PlainError } from "../../src/explain-error.ts";
import { root, temporaryFolder } from "../support/folder.ts";

const NAME = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const KEY = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
const VALUE = `endpoint=https://contoso.communication.azure.com/;accesskey=${KEY}`;
const LINE = `${NAME}="${VALUE}"\r\n`;
const UTF8 = Buffer.from(`\ufeff${NAME}=${VALUE}`);
const UTF16 = Buffer.from(`\ufeff${LINE}`, "utf16le");

type Variables = Record<string, string>;

/** Reads the connection string in a new folder with a file `.env`. Nothing else in this process runs meanwhile. */
function read(variables: Variables, dotEnv: string | Buffer): string {
  const folder = temporaryFolder();
  if (dotEnv !== "") writeFileSync(join(folder, ".env"), dotEnv);
  const [cwd, env] = [process.cwd(), process.env];
  try {
    process.chdir(folder);
    process.env = { ...variables };
    return readConnectionString();
  } finally {
    process.env = env;
    process.chdir(cwd);
  }
}

describe("the configuration", () => {
  const set = { [NAME]: VALUE };
  const dotenv = { DOTENV_OVERRIDE: "true", DOTENV_PATH: "other.env", DOTENV_ENCODING: "latin1", DOTENV_FAST: "1" };
  const older = { DOTENV_CONFIG_OVERRIDE: "true", DOTENV_CONFIG_PATH: "other", DOTENV_CONFIG_ENCODING: "ucs2" };
  const socks = { ...set, ALL_PROXY: "socks5://contoso:1", NO_PROXY: "contoso.communication.azure.com" };
  const accepted: Record<string, [variables: Variables, dotEnv?: string | Buffer]> = {
    "in the terminal, and another one in .env": [set, `${NAME}=other`],
    "with spaces around it, and in another case": [{ [NAME]: ` ${VALUE.replace("endpoint", "Endpoint")}; ` }],
    "with a quotation mark in front, as `set` on Windows can leave it": [{ [NAME]: `"${VALUE}` }],
    "with a proxy": [{ ...set, HTTPS_PROXY: "http://contoso:8080", HTTP_PROXY: "not looked at" }],
    "with a proxy that the SDK may not use": [socks],
    "with a proxy whose password isn't URL-encoded": [{ ...set, HTTPS_PROXY: "http://a:1/%ZZ@b:1" }],
    "in .env, and empty in the terminal": [{ [NAME]: " " }, LINE],
    "in .env, unquoted": [{}, `# Azure\n${NAME}=${VALUE}\n`],
    "in .env, with dotenv's variables": [dotenv, `NOTE="\n#"\n${LINE}`],
    "in .env, with the older names of dotenv's variables": [older, LINE],
    "in the terminal, with dotenv's variables": [{ ...set, ...dotenv }, `${NAME}=other`],
    "in .env, saved as UTF-8 with a byte order mark": [{}, UTF8],
    "in .env, saved as UTF-16": [{}, UTF16],
  };
  for (const [name, [variables, dotEnv = ""]] of Object.entries(accepted)) {
    test(`${name}: is accepted`, () => {
      const value = read(variables, dotEnv).replace(/^\W|;$/g, "");
      assert.equal(value.toLowerCase(), VALUE.toLowerCase());
    });
  }

  const notSet = /isn't set in this terminal or in \.env\. Set it in \.env as .*\n.*npm run start:emulator$/;
  const form = `^${NAME} must have the form endpoint=https://<your-resource>\\..*;accesskey=<.*\n`;
  const portal = new RegExp(`${form}Copy all of it .*portal`);
  const placeholder = new RegExp(`${form}It still has a placeholder.*portal`);
  const cut = new RegExp(`${form}.* A shell cuts .* quotation marks\\.$`);
  const proxy = (name: string) => new RegExp(`^${name} must have the form http://<host>:<port>, .* URL-encoded$`);
  const unusable: Record<string, [variables: Variables, expected: RegExp, dotEnv?: string | Buffer]> = {
    "not set anywhere": [{}, notSet],
    blank: [{ [NAME]: " \t " }, notSet],
    "empty in .env": [{}, notSet, `${NAME}=`],
    "alone in .env": [{}, notSet, VALUE],
    "still .env.example's": [{}, placeholder, readFileSync(join(root, ".env.example"))],
    "cut by the shell at the semicolon": [{ [NAME]: VALUE.replace(/;.*/, "") }, cut],
    "the other way round": [{ [NAME]: `accesskey=${KEY};endpoint=https://contoso.communication.azure.com/` }, portal],
    "with two access keys": [{ [NAME]: `${VALUE};accesskey=${KEY}` }, portal],
    "with an endpoint that is not a URL": [{ [NAME]: `endpoint=contoso;accesskey=${KEY}` }, portal],
    "with an http endpoint": [{ [NAME]: VALUE.replace("https", "http") }, portal],
    "with a path": [{ [NAME]: VALUE.replace("com/", "com/identities") }, portal],
    "with a proxy that has no scheme": [{ ...set, HTTPS_PROXY: "contoso:8080" }, proxy("HTTPS_PROXY")],
    "with a proxy that isn't a URL": [{ ...set, all_proxy: "http://contoso contoso" }, proxy("all_proxy")],
  };
  for (const [name, [variables, expected, dotEnv = ""]] of Object.entries(unusable)) {
    test(`${name}: says so in two lines at most, and shows no part of a value`, () => {
      const isPlain = (error: unknown) => {
        assert.ok(error instanceof PlainError);
        assert.match(error.message, expected);
        assert.match(error.message, /^[^\n]+(\n[^\n]+)?$/);
        return !/contoso|c2Vj|identities/.test(error.message);
      };
      assert.throws(() => read(variables, dotEnv), isPlain);
    });
  }
});
