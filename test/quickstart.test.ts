import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { emulatorFor } from "./support/emulator";
import { answer, type Fault, on } from "./support/faults";
import { root, temporaryFolder } from "./support/folder";
import { runQuickstart, startNpm } from "./support/process";
import { assertTranscript } from "./support/transcript";

const VARIABLE = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const ISSUE_TOKEN = "POST /identities/{id}/:issueAccessToken";

describe("the quickstart", { concurrency: true }, () => {
  test("prints the sample's output, and nothing else", async (t) => {
    const { env } = await emulatorFor(t);
    const { code, stdout, stderr } = await runQuickstart({ env });
    assertTranscript(stdout);
    assert.equal(stderr, "");
    assert.equal(code, 0);
  });

  test("is what `npm start` runs", async (t) => {
    const { env } = await emulatorFor(t);
    const { code, stdout, stderr } = await startNpm(["start", "--silent"], { env }).ended;
    assertTranscript(stdout);
    assert.equal(stderr, "");
    assert.equal(code, 0);
  });

  test("sends eight requests, in the order of the steps, on one connection, and leaves nothing behind", async (t) => {
    const emulator = await emulatorFor(t);
    const { stdout } = await runQuickstart({ env: emulator.env });
    const { standard, byodi } = assertTranscript(stdout);

    const path = (id: string) => `/identities/${encodeURIComponent(id)}`;
    const customId = JSON.stringify({ customId: "alice@contoso.com" });
    assert.deepEqual(
      emulator.seen.map(({ operation, url, body, status }) => [
        operation.split(" ")[0],
        url.split("?")[0],
        body,
        status,
      ]),
      [
        ["POST", "/identities", "", 201],
        ["POST", "/identities", customId, 201],
        ["GET", path(byodi), "", 200],
        ["POST", "/identities", customId, 201],
        ["GET", path(byodi), "", 200],
        ["POST", `${path(byodi)}/:issueAccessToken`, '{"scopes":["chat"]}', 200],
        ["DELETE", path(standard), "", 204],
        ["DELETE", path(byodi), "", 204],
      ],
    );
    for (const { url, headers } of emulator.seen) {
      assert.equal(new URL(url, "https://localhost").search, "?api-version=2025-03-02-preview");
      assert.match(
        headers.authorization ?? "",
        /^HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=/,
      );
    }
    assert.equal(emulator.connections, 1);
    assert.equal(emulator.identities.size, 0);
  });

  test("prints when the token expires, and not the token", async (t) => {
    const emulator = await emulatorFor(t);
    const { stdout } = await runQuickstart({ env: emulator.env });
    const { time } = assertTranscript(stdout);

    const answered = emulator.seen.find(({ operation }) => operation === ISSUE_TOKEN)?.answer ?? "";
    const { token, expiresOn } = JSON.parse(answered);
    assert.equal(Math.floor(Date.parse(expiresOn) / 1000), Date.parse(time) / 1000);
    for (const part of token.split(".")) assert.ok(!stdout.includes(part));
  });

  test("prints the custom ID that the service returned, not the one that it sent", async (t) => {
    const detail = JSON.stringify({ customId: "Alice of Contoso", id: "8:acs:a_b" });
    const { env } = await emulatorFor(t, on("GET /identities/{id}", 1, answer(200, detail)));
    const { stdout } = await runQuickstart({ env });
    assert.match(stdout, /^Custom ID: Alice of Contoso\n/m);
  });

  test("takes 200 for the creation of an identity that exists already, as the API's description allows", async (t) => {
    const status200: Fault = async (c, next) => {
      await next();
      return new Response(c.res.body, { status: 200, headers: c.res.headers });
    };
    const { env } = await emulatorFor(t, on("POST /identities", 3, status200));
    assertTranscript((await runQuickstart({ env })).stdout);
  });

  test("says so when the IDs differ, deletes all three identities, and exits 1", async (t) => {
    const emulator = await emulatorFor(
      t,
      on("POST /identities", 3, async (c) => c.json({ identity: emulator.identities.create("alice") }, 201)),
    );
    const { code, stdout, stderr } = await runQuickstart({ env: emulator.env });
    assert.match(
      stdout,
      /\n\nValidation failed: Identity IDs do not match!\n\nIssued access token with 'chat' scope:\n/,
    );
    assert.match(stdout, /\n\nDeleted identities\.\n$/);
    assert.equal(stderr, "");
    assert.equal(code, 1);
    assert.equal(emulator.identities.size, 0);
    assert.equal(emulator.seen.filter(({ operation }) => operation === "DELETE /identities/{id}").length, 3);
  });
});

describe("the expiry", { concurrency: true }, () => {
  const times = {
    "2025-06-13T17:49:30.5314883+00:00": "6/13/2025 5:49:30 PM +00:00",
    "2025-12-31T00:00:00.0000000+00:00": "12/31/2025 12:00:00 AM +00:00",
    "2025-01-01T12:00:00.9999999+00:00": "1/1/2025 12:00:00 PM +00:00",
    "2025-10-09T11:59:59.0000000+00:00": "10/9/2025 11:59:59 AM +00:00",
  };
  const places = [
    { TZ: "America/St_Johns", LC_ALL: "en_US.UTF-8" },
    { TZ: "Asia/Kolkata", LC_ALL: "ar_EG.UTF-8" },
    { TZ: "Pacific/Kiritimati", LC_ALL: "de_DE.UTF-8", LANG: "de_DE.UTF-8" },
  ];
  for (const [index, [expiresOn, printed]] of Object.entries(times).entries()) {
    const place = places[index % places.length];
    test(`${expiresOn} is printed as ${printed}, in ${place?.TZ} too`, async (t) => {
      const token = answer(200, JSON.stringify({ token: "a.b.c", expiresOn }));
      const { env } = await emulatorFor(t, on(ISSUE_TOKEN, 1, token));
      const { stdout } = await runQuickstart({ env: { ...env, ...place } });
      assert.match(stdout, new RegExp(`^Token expires at: ${printed.replaceAll("+", "\\+")}$`, "m"));
    });
  }
});

describe("the connection string", { concurrency: true }, () => {
  for (const [name, quote] of Object.entries({ unquoted: "", "in double quotes": '"', "in single quotes": "'" })) {
    test(`is read from .env, ${name}, without a word from dotenv`, async (t) => {
      const { env } = await emulatorFor(t);
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, ".env"), `# Azure\n${VARIABLE}=${quote}${env[VARIABLE]}${quote}\n`);
      const { NODE_EXTRA_CA_CERTS } = env;
      const { code, stdout, stderr } = await runQuickstart({ cwd, env: { NODE_EXTRA_CA_CERTS } });
      assertTranscript(stdout);
      assert.equal(stderr, "");
      assert.equal(code, 0);
    });
  }

  test("of the environment wins over the one in .env", async (t) => {
    const { env } = await emulatorFor(t);
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, ".env"), `${VARIABLE}="endpoint=https://localhost:1/;accesskey=a2V5"\n`);
    const { stdout } = await runQuickstart({ cwd, env });
    assertTranscript(stdout);
  });

  for (const [name, env] of Object.entries({ unset: {}, empty: { [VARIABLE]: "" }, blank: { [VARIABLE]: " \t " } })) {
    test(`that is ${name} is missed, with both ways forward`, async () => {
      const { code, stdout, stderr } = await runQuickstart({ env });
      assert.match(stderr, /COMMUNICATION_SERVICES_CONNECTION_STRING is not set/);
      assert.match(stderr, /\.env\.example/);
      assert.match(stderr, /npm run start:emulator/);
      assert.ok(stderr.trimEnd().split("\n").length <= 2, stderr);
      assert.equal(stdout, "");
      assert.equal(code, 1);
    });
  }

  test("that is still .env.example's is recognised, and no request is sent", async () => {
    const cwd = temporaryFolder();
    copyFileSync(join(root, ".env.example"), join(cwd, ".env"));
    const { code, stdout, stderr } = await runQuickstart({ cwd });
    assert.match(stderr, /COMMUNICATION_SERVICES_CONNECTION_STRING still holds the placeholders of \.env\.example/);
    assert.equal(stdout, "");
    assert.equal(code, 1);
  });
});
