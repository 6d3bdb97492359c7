import assert from "node:assert/strict";
import { describe } from "node:test";
import { interrupt } from "../support/child-process.ts";
import { delayed } from "../support/faults.ts";
import { LIBRARIES } from "../support/libraries.ts";
import { assertDeleted, runQuickstart, startQuickstart } from "../support/quickstart.ts";
import { CREATE, GET, test } from "../support/test-emulator.ts";

// What somebody who learns the SDK adds has to behave as with the SDK alone.
describe("an edit of main.ts", () => {
  test("may use the whole SDK:", async (emulator, t) => {
    const edit = `
      const { communicationUserId } = await client.createUser();
      created.add(communicationUserId);
      await client.deleteUser({ communicationUserId });
      await client.deleteUser({ communicationUserId }).catch(({ statusCode }) => console.log("deleted twice:", statusCode));
      const abortSignal = AbortSignal.abort();
      await client.createUser({ abortSignal }).catch((error) => console.log("createUser:", error.name));
      await client.getToken(user, ["chat"], { abortSignal }).catch((error) => console.log("getToken:", error.name));
      const credential = { getToken: () => Promise.reject("signed out") };
      const other = new CommunicationIdentityClient("https://127.0.0.1:1", credential, clientOptions);
      await other.createUser().catch((error) => console.log("credential:", error));
      await client.getToken("alice@contoso.com", ["chat"]).catch(console.error);
      const forgotten = client.createUser({ customId });
      await client.getUserDetail(forgotten).catch(console.error);
      const temporary = new Set([(await client.createUser()).communicationUserId]);
      await deleteEach(temporary, (communicationUserId) => client.deleteUser({ communicationUserId }));
      try {
        await client.getToken(user, ["unknown"]);
      } catch (error) {
        console.log("caught:", error.message);
      } finally {
        await client.revokeTokens(user);
      }
      await client.createUserAndToken(["voip"], { customId: "bob" });
      ["carol", "dave"].forEach(async (customId) => {
        await client.createUser({ customId });
        await client.createUser({ customId: customId + " again" });
      });
      setTimeout(() => console.log("timer"), 500);`;
    const others = "for (let tries = 0; tries < 11; tries++) await run(async () => {}, async () => {});";
    const replace = { "await run(": `${others}\n await run(` };
    const { code, stdout, stderr } = await runQuickstart(emulator, { edit, replace });
    const printed: Record<string, string> = {
      "it deletes an identity in the steps": "\ndeleted twice: 401\n",
      "it aborts calls": "\ncreateUser: AbortError\ngetToken: AbortError\n",
      "it makes another client, whose credential fails": "\ncredential: signed out\n",
      "it catches an error, and makes calls after it": "\ncaught: Invalid scopes",
      "it makes calls that nobody awaits": "\nDeleted identities.\n",
      "it leaves a timer behind": "timer\n",
    };
    for (const [name, text] of Object.entries(printed))
      await t.test(name, () => assert.ok(stdout.includes(text), stdout));
    await t.test(
      "its errors name the line in main.ts, despite the many frames of the SDK. There are no warnings",
      () => {
        assert.match(stderr, /^(Error: id cannot be null.*\n( +at .*\n)* +at .*src.main\.ts:\d+:.*\n( +at .*\n)*){2}$/);
      },
    );
    await t.test("it keeps the identities that it doesn't add to `created`", () => {
      const kept = ["bob", "carol", "carol again", "dave", "dave again"];
      const ids = kept.map((customId) => emulator.identities.create(customId).id);
      assert.deepEqual([...emulator.identities].sort(), ids.sort());
    });
    assert.equal(code, 0);
  });

  // Node on Windows ends a process at once, whatever signal it's sent.
  const windows = process.platform === "win32" && "a test can't send a signal on Windows";
  test("may start a token server: it keeps its users, and ends on Ctrl-C", { skip: windows }, async (emulator) => {
    const edit = `${LIBRARIES}
      const server = require("node:http").createServer(async (_, response) => {
        const { user } = await client.createUserAndToken(["chat"], { customId: "bob" });
        response.end(user.communicationUserId);
      }).listen(0, "127.0.0.1");
      const request = async () => console.log("served", await (await fetch("http://127.0.0.1:" + server.address().port)).text());
      setTimeout(request, 1000);`;
    const running = startQuickstart(emulator, { edit });
    await running.said("Deleted identities.");
    await running.said("served 8:acs:");
    interrupt(running, "SIGINT");
    const { code, stderr } = await running.ended;
    assert.deepEqual([code, stderr], [130, ""]);
    assert.deepEqual([...emulator.identities], [emulator.identities.create("bob").id]);
  });

  const bugs: Record<string, [edit: string, expected: RegExp, deleted?: number]> = {
    "an exception in a timer that isn't an error, with libraries that listen for exceptions": [
      `${LIBRARIES}\n setTimeout(() => { throw undefined; }, 10);\n await new Promise((resolve) => setTimeout(resolve, 100_000));`,
      /^undefined\n$/,
    ],
    "an error whose causes have secrets, beside a timer and a call that nobody waits for": [
      `client.createUser().then(({ communicationUserId }) => created.add(communicationUserId));
      setInterval(() => {}, 1000);
      const secrets = new Error(readConnectionString() + " " + accessToken.token);
      try { new CommunicationIdentityClient(readConnectionString().replace(/.*accesskey=/, "")); }
      catch (malformed) { throw new Error("mine", { cause: Object.assign(malformed, { cause: secrets }) }); }`,
      /^Error: mine\n +at .*src.main\.ts:\d+:\d+\)?\n(.*\n)*.*: Invalid connection string \(secret\)\n(.*\n)*.*: endpoint=.*;\(secret\) \(secret\)/,
      3,
    ],
    "an endless wait": ["await new Promise(() => {});", /^The program is waiting .* \(Has its input ended\?\)\n$/],
  };
  for (const [name, [edit, expected, deleted = 2]] of Object.entries(bugs)) {
    test(`with a bug (${name}) shows the bug, deletes the identities and exits with 1`, async (emulator) => {
      emulator.on(CREATE, 4, delayed(300));
      const { code, stdout, stderr } = await runQuickstart(emulator, { edit });
      const [bug = "", ...others] = stderr.split(`Deleted ${deleted} of ${deleted} identities.\n`);
      assert.match(bug, expected);
      assert.doesNotMatch(stdout, /Deleted identities/);
      assert.deepEqual([code, others], [1, [""]]);
      assertDeleted(emulator, deleted);
    });
  }

  test("with a failed call among others: sends no further creates, and deletes what was created", async (emulator) => {
    emulator.on(GET, 3, delayed(1500));
    const edit = `
      await Promise.all(Array.from({ length: 12 }, async (_, index) => {
        if (index === 5) await client.getToken({ communicationUserId: "8:acs:nobody" }, ["chat"]);
        if (index === 7) await client.getUserDetail(user);
        const another = await client.createUser();
        if (index === 6) setTimeout(() => client.deleteUser(another), 200);
        else created.add(another.communicationUserId);
        for (let count = 0; count < 50; count++) created.add((await client.createUser()).communicationUserId);
      }));`;
    const { code, stderr } = await runQuickstart(emulator, { edit });
    assert.match(stderr, /^POST \S+:issueAccessToken on \S+ returned 401 IdentityNotOwned.*\n.*\nDeleted (\d+) of \1 /);
    assert.equal(code, 1);
    assert.ok(emulator.identities.size === 0 && emulator.seen.length < 500, `${emulator.seen.length} requests`);
  });
});
