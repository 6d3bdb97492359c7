import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe } from "node:test";
import { scripts } from "../package.json";
import { startNode } from "./support/child-process.ts";
import { delayed, silent } from "./support/faults.ts";
import { root, temporaryFolder } from "./support/folder.ts";
import { CREATE, test } from "./support/test-emulator.ts";

const readme = readFileSync(join(root, "README.md"), "utf8").replaceAll("\r\n", "\n");
const [token = "", leave = ""] = Array.from(
  readme.matchAll(/```ts\n([^`]+(?:`[^`]+`[^`]+)*?)```/g),
  ([, code]) => code,
);

describe("the documentation", () => {
  for (const file of ["README.md", "CONTRIBUTING.md", "test/emulator/README.md"]) {
    test(`${file}: the npm scripts, files and folders that it names exist`, () => {
      const text = readFileSync(join(root, file), "utf8");
      for (const [, name = ""] of text.matchAll(/npm run ([\w:]+)/g)) assert.ok(name in scripts, name);
      const links = [...text.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, path = ""]) => join(dirname(file), path));
      const names = [...text.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
      for (const path of [...links, ...names]) assert.ok(existsSync(join(root, path)), path);
    });
  }

  test("README.md's code, in an ES module project of one's own:", async (emulator, t) => {
    const cwd = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    const client = "communication-identity-preview.ts";
    copyFileSync(join(root, "src", client), join(cwd, client));
    const shortened = token.replace("timeout(10_000)", "timeout(5000)");
    assert.notEqual(shortened, token);
    const files = { "token.ts": shortened, "leave-byodi.ts": leave, "types.ts": types, "app.ts": app };
    writeFileSync(join(cwd, "package.json"), '{"type":"module"}');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    // The settings of `tsc --init`, and some that projects often add.
    const flags = `--strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --verbatimModuleSyntax --declaration
      --noImplicitOverride --noImplicitReturns --noUnusedLocals --noUnusedParameters --erasableSyntaxOnly --skipLibCheck
      --isolatedModules --module nodenext --target esnext --lib es2023 --types node`.split(/\s+/);
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const compiler = startNode([tsc, "--singleThreaded", ...flags, ...Object.keys(files)], { cwd });
    assert.equal((await compiler.ended).stdout, "");

    // The first create of carol.
    emulator.on(CREATE, 5, silent);
    writeFileSync(join(cwd, "users.json"), '["new", null]');
    const result = await startNode(["app.js"], { cwd, env: emulator.env }).ended;
    const printed = result.stdout.split("\n");
    const expected: Record<string, string> = {
      "isRestError() is true for an error of a preview call": "true",
      "isRestError() is true for an error of an inherited call": "true",
      "token.ts: two simultaneous calls share a token, and a later one gets another": "true false",
      "token.ts: nobody who hasn't signed in gets a token": "Nobody has signed in.",
      "token.ts: a create that gets no response fails after the time limit": "AbortError AbortError",
      "token.ts: the user's next call succeeds": "8:acs:",
      "token.ts doesn't show a malformed connection string":
        "Error: COMMUNICATION_SERVICES_CONNECTION_STRING is missing or malformed.",
    };
    for (const [index, [name, line]] of Object.entries(expected).entries()) {
      await t.test(name, () => assert.equal(printed[index], line));
    }

    await t.test("leave-byodi.ts refuses what isn't a custom ID, before it creates any", () => {
      assert.match(result.stderr, /Error: Not a custom ID: null\n/);
      assert.equal(emulator.identities.size, 3);
    });
    const customIds = ["anna", "ben", "__proto__", "42", "alise", "dave"];
    writeFileSync(join(cwd, "users.json"), JSON.stringify([...customIds, "ben"]));
    const ids = new Map(customIds.map((customId) => [customId, emulator.identities.create(customId)]));
    for (const [customId, identity] of ids) if (customId !== "alise") identity.lastTokenIssuedAt = new Date();
    const began = emulator.seen.length;
    const start = () => startNode(["leave-byodi.js"], { cwd, env: emulator.env });
    const read = () => JSON.parse(readFileSync(join(cwd, "identities.json"), "utf8"));
    const killed = start();
    emulator.on(CREATE, 4, async (c, next) => {
      killed.child.kill("SIGKILL");
      await delayed(100)(c, next);
    });
    await killed.ended;
    const saved = Object.keys(read());
    await t.test("leave-byodi.ts, killed: has saved its reads", () => assert.deepEqual(saved, customIds.slice(0, 3)));
    const { code, stdout, stderr } = await start().ended;
    await t.test("leave-byodi.ts goes on, saves all IDs, and prints the custom ID that has never had a token", () => {
      assert.deepEqual([code, stdout, stderr], [0, "alise\n", ""]);
      const all = Object.fromEntries(Array.from(ids, ([customId, { id }]) => [customId, id]));
      assert.deepEqual(Object.entries(read()).sort(), Object.entries(all).sort());
      assert.equal(
        emulator.seen.length - began,
        2 * customIds.length + 1,
        "each is read once, and one was interrupted",
      );
    });
  });
});

// What the beta exports, as its API report shows it (Azure/azure-sdk-for-js, review/communication-identity-node.api.md).
const types = `import * as beta from "./communication-identity-preview.js";
const [abortSignal, date, user] = [AbortSignal.timeout(1), new Date(), { communicationUserId: "" }];
export const scopes: beta.TokenScope[] = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];
export const lifetime: beta.GetTokenOptions = { abortSignal, tokenExpiresInMinutes: 60 };
export const users: beta.CreateUserOptions[] = [{}, { customId: "", abortSignal }];
export const tokens: beta.CreateUserAndTokenOptions[] = [{}, { customId: "", tokenExpiresInMinutes: 60, abortSignal }];
export const details: beta.CommunicationUserDetail[] = [{ user }, { user, customId: "", lastTokenIssuedAt: date }];
export const teams: beta.GetTokenForTeamsUserOptions = { teamsUserAadToken: "", clientId: "", userObjectId: "" };
export const token: beta.CommunicationUserToken & beta.CommunicationAccessToken = { token: "", expiresOn: date, user };
export const options: beta.CommunicationIdentityClientOptions = { retryOptions: { maxRetries: 0 } };`;

const app = `import { isRestError } from "@azure/core-rest-pipeline";
import { createClient, issueToken } from "./token.js";
const client = createClient();
const { user } = await client.createUserAndToken(["chat"], { customId: "alice" });
await client.createUser({ customId: "" }).catch((error: unknown) => console.log(isRestError(error)));
await client.getToken(user, []).catch((error: unknown) => console.log(isRestError(error)));
const [first, second] = await Promise.all([issueToken("bob"), issueToken("bob")]);
console.log(first === second, (await issueToken("bob")) === first);
await issueToken(undefined).catch((error: Error) => console.log(error.message));
await Promise.allSettled([issueToken("carol"), issueToken("carol")]).then((results) =>
  console.log(...results.map((result) => result.status === "rejected" && result.reason.name)));
console.log((await issueToken("carol")).user.communicationUserId.slice(0, 6));
const value = process.env.COMMUNICATION_SERVICES_CONNECTION_STRING;
process.env.COMMUNICATION_SERVICES_CONNECTION_STRING = "endpoint=https://contoso/accesskey=secret";
try { createClient(); } catch (error) { console.log(String(error)); }
process.env.COMMUNICATION_SERVICES_CONNECTION_STRING = value;
await import("./leave-byodi.js");`;
