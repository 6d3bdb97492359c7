import assert from "node:assert/strict";
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startNode } from "./support/child-process.ts";
import { delayed, silent } from "./support/faults.ts";
import { root, temporaryFolder } from "./support/folder.ts";
import { CREATE, GET, ISSUE, test } from "./support/test-emulator.ts";

const readme = readFileSync(join(root, "README.md"), "utf8").replaceAll("\r\n", "\n");
const [token = "", leave = ""] = Array.from(
  readme.matchAll(/```ts\n([^`]+(?:`[^`]+`[^`]+)*?)```/g),
  ([, code]) => code,
);

/** Compiles files in a new ES module project, with the copied client and the README's code. Returns the folder. */
async function compile(files: Record<string, string>): Promise<string> {
  const folder = temporaryFolder();
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const client = "communication-identity-preview.ts";
  copyFileSync(join(root, "src", client), join(folder, client));
  const limit = token.replace("timeout(10_000)", "timeout(1500)");
  assert.notEqual(limit, token);
  const all = { "package.json": '{"type":"module"}', "token.ts": limit, "leave-byodi.ts": leave, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  // The settings of `tsc --init`, and some that projects often add.
  const initial = "strict,noUncheckedIndexedAccess,exactOptionalPropertyTypes,verbatimModuleSyntax,isolatedModules";
  const added = "noImplicitOverride,noImplicitReturns,noUnusedLocals,noUnusedParameters,erasableSyntaxOnly";
  const flags = `${initial},${added},declaration,skipLibCheck`.split(",").map((name) => `--${name}`);
  const target = "--module nodenext --target esnext --lib es2023 --types node".split(" ");
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const names = Object.keys(all).filter((name) => name.endsWith(".ts"));
  const { stdout } = await startNode([tsc, ...flags, ...target, ...names], { cwd: folder }).ended;
  assert.equal(stdout, "");
  return folder;
}

describe("README.md's code, in another project", () => {
  test("the client has what the beta exports, and token.ts issues tokens", async (emulator, t) => {
    const cwd = await compile({
      "types.ts": `import * as beta from "./communication-identity-preview.js";
      // As the beta's API report shows them (Azure/azure-sdk-for-js, review/communication-identity-node.api.md).
      const abortSignal = AbortSignal.timeout(1);
      const date = new Date();
      const user = { communicationUserId: "" };
      export const scopes: beta.TokenScope[] = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];
      export const lifetime: beta.GetTokenOptions = { abortSignal, tokenExpiresInMinutes: 60 };
      export const both: Required<Pick<beta.CreateUserAndTokenOptions, "customId" | "tokenExpiresInMinutes" | "abortSignal">> =
        { customId: "", tokenExpiresInMinutes: 60, abortSignal };
      export const none: [beta.CreateUserOptions, beta.CreateUserAndTokenOptions] = [{}, {}];
      export const custom: beta.CreateUserOptions = { customId: "", abortSignal };
      export const detail: Required<beta.CommunicationUserDetail> = { user, customId: "", lastTokenIssuedAt: date };
      export const short: beta.CommunicationUserDetail = { user };
      export const teams: beta.GetTokenForTeamsUserOptions = { teamsUserAadToken: "", clientId: "", userObjectId: "" };
      export const token: beta.CommunicationUserToken & beta.CommunicationAccessToken = { token: "", expiresOn: date, user };
      export const options: beta.CommunicationIdentityClientOptions = { retryOptions: { maxRetries: 0 } };
      export async function call(client: beta.CommunicationIdentityClient): Promise<beta.CommunicationUserDetail> {
        await client.createUser();
        await client.createUserAndToken(["chat"]);
        return client.getUserDetail(user, { abortSignal });
      }`,
      "app.ts": `import { isRestError } from "@azure/core-rest-pipeline";
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
      process.env.COMMUNICATION_SERVICES_CONNECTION_STRING = "endpoint=https://contoso/accesskey=secret";
      try { createClient(); } catch (error) { console.log(String(error)); }`,
    });
    // The first one of carol's.
    emulator.on(CREATE, 5, silent);
    const { stdout, stderr } = await startNode(["app.js"], { cwd, env: emulator.env }).ended;
    const printed = stdout.split("\n");
    assert.equal(stderr, "");
    const expected: Record<string, string> = {
      "isRestError() is true for an error of a preview call": "true",
      "isRestError() is true for an error of an inherited call": "true",
      "two simultaneous calls share a token, and a later one gets another": "true false",
      "nobody who hasn't signed in gets a token": "Nobody has signed in.",
      "a create that gets no response fails after the time limit": "AbortError AbortError",
      "the user's next call succeeds": "8:acs:",
      "a malformed connection string isn't shown": "Error: COMMUNICATION_SERVICES_CONNECTION_STRING is malformed.",
    };
    for (const [index, [name, line]] of Object.entries(expected).entries()) {
      await t.test(name, () => assert.equal(printed[index], line));
    }
  });

  test("leave-byodi.ts goes on where it was killed, and prints the custom IDs without a token", async (emulator, t) => {
    const cwd = await compile({});
    const customIds = ["alice", "bob", "__proto__", "42", "alise", "carol"];
    writeFileSync(join(cwd, "users.json"), JSON.stringify([...customIds, "bob"]));
    const ids = new Map(customIds.map((customId) => [customId, emulator.identities.create(customId)]));
    for (const [customId, identity] of ids) if (customId !== "alise") identity.lastTokenIssuedAt = new Date();
    const read = () => JSON.parse(readFileSync(join(cwd, "identities.json"), "utf8"));

    const killed = startNode(["leave-byodi.js"], { cwd, env: emulator.env });
    emulator.on(CREATE, 4, async (c, next) => {
      killed.child.kill("SIGKILL");
      await delayed(100)(c, next);
    });
    await killed.ended;
    await t.test("what it has read is saved", () => assert.deepEqual(Object.keys(read()), customIds.slice(0, 3)));
    const { code, stdout, stderr } = await startNode(["leave-byodi.js"], { cwd, env: emulator.env }).ended;
    assert.deepEqual([code, stdout, stderr], [0, "alise\n", ""]);
    const all = Object.fromEntries(Array.from(ids, ([customId, { id }]) => [customId, id]));
    await t.test("it saves all identity IDs", () =>
      assert.deepEqual(Object.entries(read()).sort(), Object.entries(all).sort()),
    );
    const count = (operation: string) => emulator.seen.filter((request) => request.operation === operation).length;
    await t.test("it reads each once", () => assert.deepEqual([count(CREATE), count(GET), count(ISSUE)], [7, 6, 0]));

    writeFileSync(join(cwd, "users.json"), '["dave", null]');
    const refused = await startNode(["leave-byodi.js"], { cwd, env: emulator.env }).ended;
    await t.test("it refuses what isn't a custom ID", () =>
      assert.match(refused.stderr, /Error: Not a custom ID: null\n/),
    );
    assert.equal(emulator.identities.size, 6);
  });
});
