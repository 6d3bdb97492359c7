import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startNpm } from "../support/child-process.ts";
import { type Fault, respond } from "../support/faults.ts";
import { temporaryFolder } from "../support/folder.ts";
import { assertDeleted, assertTranscript, runQuickstart } from "../support/quickstart.ts";
import { CREATE, GET, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

describe("the quickstart", () => {
  test("reads .env, prints the sample's output, and sends its eight requests over one connection", async (t) => {
    const emulator = await startTestEmulator(t);
    const cwd = temporaryFolder();
    const { COMMUNICATION_SERVICES_CONNECTION_STRING: value, NODE_EXTRA_CA_CERTS } = emulator.env;
    writeFileSync(join(cwd, ".env"), `# Azure\nCOMMUNICATION_SERVICES_CONNECTION_STRING="${value}"\n`);
    const result = await runQuickstart({ ...emulator, env: { NODE_EXTRA_CA_CERTS } } as typeof emulator, { cwd });
    assertTranscript(result);

    const ids = [...result.stdout.matchAll(/ID(?: \(second call\))?: (8:acs:\S+)/g)].map(([, id = ""]) => id);
    const [standard = "", byodi = "", second] = ids;
    assert.notEqual(standard, byodi);
    assert.equal(second, byodi);
    const customId = '{"customId":"alice@contoso.com"}';
    const path = (id: string) => `/identities/${encodeURIComponent(id)}`;
    assert.deepEqual(
      emulator.seen.map(({ headers: _, at: __, response: ___, operation, url, ...request }) => ({
        request: `${operation.split(" ")[0]} ${url}`,
        ...request,
      })),
      [
        ["POST /identities", "{}", 201],
        ["POST /identities", customId, 201],
        [`GET ${path(byodi)}`, "", 200],
        ["POST /identities", customId, 201],
        [`GET ${path(byodi)}`, "", 200],
        [`POST ${path(byodi)}/:issueAccessToken`, '{"scopes":["chat"]}', 200],
        [`DELETE ${path(standard)}`, "", 204],
        [`DELETE ${path(byodi)}`, "", 204],
      ].map(([request, body, status]) => ({ request: `${request}?api-version=2025-03-02-preview`, body, status })),
    );
    assert.equal(emulator.connections, 1);
    assertDeleted(emulator, 2);
    // Nothing keeps the process alive, such as the timer of a time limit.
    assert.ok(result.endedAt - (emulator.seen.at(-1)?.at ?? 0) < 10_000);

    const { expiresOn } = JSON.parse(emulator.seen[5]?.response ?? "{}");
    const printed = /Token expires at: (.*)/.exec(result.stdout)?.[1] ?? "";
    assert.equal(Math.floor(Date.parse(expiresOn) / 1000), Date.parse(printed) / 1000);
  });

  test("is what `npm start` runs", async (t) => {
    const { env } = await startTestEmulator(t);
    const { ended } = await startNpm(["start", "--silent"], { env });
    assertTranscript(await ended);
  });

  test("prints the service's custom ID, and exits with 1 if the IDs differ", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(GET, 1, respond(200, '{"customId":"Alice of Contoso","id":"8:acs:a_b"}'));
    // The API's description allows status 200 for an identity that exists already.
    const another: Fault = async (c) => c.json({ identity: emulator.identities.create("another") }, 200);
    emulator.on(CREATE, 3, another);
    const { code, stdout, stderr } = await runQuickstart(emulator);
    assert.match(stdout, /^Custom ID: Alice of Contoso$/m);
    assert.match(
      stdout,
      /\n\nValidation failed: Identity IDs do not match!\n\nIssued access token with 'chat' scope:\n/,
    );
    assert.match(stdout, /\n\nDeleted identities\.\n$/);
    assert.equal(stderr, "");
    assert.equal(code, 1);
    assertDeleted(emulator, 3);
  });

  test("prints the expiry in UTC, as the C# sample does, whatever the time zone and the locale are", async (t) => {
    const times = {
      "2025-06-13T17:49:30.5314883+00:00": "6/13/2025 5:49:30 PM +00:00",
      "2025-12-31T00:00:00.0000000+00:00": "12/31/2025 12:00:00 AM +00:00",
      "2025-01-01T12:00:00.9999999+00:00": "1/1/2025 12:00:00 PM +00:00",
      "2025-10-09T11:59:59.0000000+00:00": "10/9/2025 11:59:59 AM +00:00",
    };
    const emulator = await startTestEmulator(t);
    for (const [index, expiresOn] of Object.keys(times).entries()) {
      emulator.on(ISSUE, index + 1, respond(200, JSON.stringify({ token: "a.b.c", expiresOn })));
    }
    const env = { TZ: "America/St_Johns", LC_ALL: "ar_EG.UTF-8" };
    const edit = `for (const _ of "123") console.log(formatTime((await client.getToken(user, ["chat"])).expiresOn));`;
    const { stdout } = await runQuickstart(emulator, { env, edit });
    assert.match(
      stdout,
      new RegExp(`Token expires at: ${Object.values(times).join("\\s+").replaceAll("+00", "\\+00")}`),
    );
  });

  // What somebody who learns the SDK adds has to behave as with the SDK alone.
  test("runs what a learner adds, and deletes nothing but what main.ts deletes", async (t) => {
    const emulator = await startTestEmulator(t);
    const edit = `
      await client.revokeTokens(user);
      const another = await client.createUser();
      await client.deleteUser(another);
      await client.deleteUser(another).catch((error) => console.log("second delete:", error.statusCode, error.code));
      const abortSignal = AbortSignal.abort();
      await client.createUser({ abortSignal }).catch((error) => console.log("createUser:", error.name));
      await client.getToken(user, ["chat"], { abortSignal }).catch((error) => console.log("getToken:", error.name));
      await client.createUserAndToken(["voip"], { customId: "bob" });
      setTimeout(() => console.log("timer"), 500);
      process.on("uncaughtException", (error) => console.log("own handler:", error.message));
      setTimeout(() => { throw new Error("late"); }, 100);
      process.once("SIGINT", () => console.log("own SIGINT"));
      if (process.platform !== "win32") process.kill(process.pid, "SIGINT");
      else console.log("own SIGINT");
      ["carol", "dave"].forEach(async (customId) => {
        await client.createUser({ customId });
        await client.createUser({ customId: customId + " again" });
      });`;
    const { code, stdout, stderr } = await runQuickstart(emulator, { edit });
    assert.match(stdout, /second delete: 401 IdentityNotOwned\ncreateUser: AbortError\ngetToken: AbortError\n/);
    assert.match(stdout, /^Deleted identities\.$/m);
    for (const line of ["timer", "own handler: late", "own SIGINT"]) assert.match(stdout, new RegExp(`^${line}$`, "m"));
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const kept = ["bob", "carol", "carol again", "dave", "dave again"];
    const ids = kept.map((customId) => emulator.identities.create(customId).id);
    assert.deepEqual([...emulator.identities].sort(), ids.sort());
  });
});
