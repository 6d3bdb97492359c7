import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startNode, startNpm } from "../support/child-process.ts";
import { droppedAfterwards, error, respond } from "../support/faults.ts";
import { quickstartFolder, root } from "../support/folder.ts";
import { assertDeleted, assertTranscript, runQuickstart } from "../support/quickstart.ts";
import { CREATE, DELETE, GET, ISSUE, test } from "../support/test-emulator.ts";

describe("the quickstart", () => {
  test("as `npm start` reads .env, prints the sample's output, and sends eight requests over one connection", async (emulator) => {
    const cwd = quickstartFolder();
    const { COMMUNICATION_SERVICES_CONNECTION_STRING: value, NODE_EXTRA_CA_CERTS } = emulator.env;
    writeFileSync(join(cwd, ".env"), `# Azure\nCOMMUNICATION_SERVICES_CONNECTION_STRING="${value}"\n`);
    const result = await startNpm(["start", "--silent"], { cwd, env: { NODE_EXTRA_CA_CERTS } }).ended;
    assertTranscript(result);

    const ids = [...result.stdout.matchAll(/ID(?: \(second call\))?: (8:acs:\S+)/g)].map(([, id = ""]) => id);
    const [standard = "", byodi = "", second] = ids;
    assert.notEqual(standard, byodi);
    assert.equal(second, byodi);
    const customId = '{"customId":"alice@contoso.com"}';
    const path = (id: string) => `/identities/${encodeURIComponent(id)}`;
    const sent = emulator.seen.map(({ operation, url, body, status }) =>
      `${operation.split(" ")[0]} ${url} ${body} ${status}`.replace("?api-version=2025-03-02-preview", ""),
    );
    assert.deepEqual(sent, [
      "POST /identities  201",
      `POST /identities ${customId} 201`,
      `GET ${path(byodi)}  200`,
      `POST /identities ${customId} 201`,
      `GET ${path(byodi)}  200`,
      `POST ${path(byodi)}/:issueAccessToken {"scopes":["chat"]} 200`,
      `DELETE ${path(standard)}  204`,
      `DELETE ${path(byodi)}  204`,
    ]);
    assert.equal(emulator.connections, 1);
    assertDeleted(emulator, 2);
    // Nothing keeps the process alive, such as the timer of a time limit.
    assert.ok(performance.now() - (emulator.seen.at(-1)?.at ?? 0) < 20_000);

    const { expiresOn } = JSON.parse(emulator.seen[5]?.response ?? "{}");
    const printed = /Token expires at: (.*)/.exec(result.stdout)?.[1] ?? "";
    assert.equal(Math.floor(Date.parse(expiresOn) / 1000), Date.parse(printed) / 1000);
  });

  test("prints what the service says:", async (emulator, t) => {
    emulator.on(GET, 1, respond(200, '{"customId":"Alice of Contoso","id":"8:acs:a_b"}'));
    // The API's description allows status 200 for an identity that exists already.
    emulator.on(CREATE, 3, async (c) => c.json({ identity: emulator.identities.create("another") }, 200));
    emulator.on(DELETE, 1, error(404, "NotFound", "No such identity."));
    emulator.on(DELETE, 2, droppedAfterwards);
    const times: Record<string, string> = {
      "2025-06-13T17:49:30.5314883+00:00": "6/13/2025 5:49:30 PM +00:00",
      "2025-12-31T00:00:00.0000000+00:00": "12/31/2025 12:00:00 AM +00:00",
      "2025-01-01T12:00:00.9999999+00:00": "1/1/2025 12:00:00 PM +00:00",
      "2025-10-09T11:59:59.0000000+00:00": "10/9/2025 11:59:59 AM +00:00",
    };
    for (const [index, expiresOn] of Object.keys(times).entries()) {
      emulator.on(ISSUE, index + 1, respond(200, JSON.stringify({ token: "a.b.c", expiresOn })));
    }
    const env = { TZ: "America/St_Johns", LC_ALL: "ar_EG.UTF-8" };
    const edit = `for (const _ of "123") console.log(formatTime((await client.getToken(user, ["chat"])).expiresOn));`;
    const { code, stdout, stderr } = await runQuickstart(emulator, { env, edit });
    await t.test("the custom ID", () => assert.match(stdout, /^Custom ID: Alice of Contoso$/m));
    await t.test("that the IDs differ, with exit code 1", () => {
      assert.match(stdout, /\n\nValidation failed: Identity IDs do not match!\n\nIssued access token /);
      assert.equal(code, 1);
    });
    await t.test("when the token expires: in UTC, as the C# sample does, whatever the locale", () => {
      assert.deepEqual(stdout.match(/[\d/]+ \d+:\d\d:\d\d [AP]M \+00:00$/gm), Object.values(times));
    });
    // The SDK repeats the delete that got no response. Then the service responds with 401 IdentityNotOwned.
    await t.test("an identity that is gone needs no deletion", () => {
      assert.match(stdout, /\nDeleted identities\.\n$/);
      assert.deepEqual([stderr, emulator.identities.size], ["", 1]);
    });
  });

  const { typescript } = process.features as { typescript?: unknown };
  const skip = !typescript && "this version of Node doesn't run TypeScript";
  test("also runs as `node src/main.ts`", { skip }, async (emulator) => {
    // As an ES module, which Node warns about.
    const result = await startNode([join(root, "src", "main.ts")], { env: emulator.env }).ended;
    assertTranscript({ ...result, stderr: "" });
  });
});
