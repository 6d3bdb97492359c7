import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connect } from "node:tls";
import { emulatorFor, type TestEmulator } from "./support/emulator";
import { type Answer, assertAnswer, assertValidationError, at, create, json, send } from "./support/signed-request";

const DENIED = { error: { code: "Denied", message: "Denied by the resource provider." } };

describe("authentication", { concurrency: true }, () => {
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);
  const refused = {
    "another access key": { accessKey: "d3Jvbmc=" },
    "a changed body": { body: { customId: "alice" }, tamperedBody: '{"customId":"mallo"}' },
    "a body where none was signed": { tamperedBody: "{}" },
    "a changed date": { headers: { "x-ms-date": new Date(Date.now() + 60_000).toUTCString() } },
    "another host": { headers: { host: "contoso.communication.azure.com" } },
    "another content hash": { headers: { "x-ms-content-sha256": "AAAA" } },
    "no signature": { headers: { authorization: "" } },
    "a token instead": { headers: { authorization: "Bearer a.b.c" } },
    "a date 16 minutes ago": { date: minutes(-16) },
    "a date 16 minutes ahead": { date: minutes(16) },
    "no date": { date: new Date(Number.NaN) },
  };
  for (const [name, options] of Object.entries(refused)) {
    test(`${name}: 401 Denied`, async (t) => {
      const emulator = await emulatorFor(t);
      assertAnswer(await send(emulator, "POST", "/identities", options), 401, DENIED);
      assert.equal(emulator.identities.size, 0);
    });
  }

  for (const date of [minutes(-14), minutes(14)]) {
    test(`a date less than 15 minutes off, ${date.toISOString()}: accepted`, async (t) => {
      assert.equal((await send(await emulatorFor(t), "POST", "/identities", { date })).status, 201);
    });
  }

  test("the signature covers method, path and query", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator);
    const signed = await captureHeaders(emulator, "GET", at(id));
    assertAnswer(await send(emulator, "DELETE", at(id), { headers: signed }), 401, DENIED);
    assertAnswer(await send(emulator, "GET", at("8:acs:x"), { headers: signed }), 401, DENIED);
    assertAnswer(await send(emulator, "GET", at(id), { headers: signed, apiVersion: "2023-10-01" }), 401, DENIED);
    assertAnswer(await send(emulator, "GET", at(id), { headers: signed }), 200, { id });
  });

  test("it listens on the loopback address only", async (t) => {
    const { server } = await emulatorFor(t);
    const address = server.address();
    assert.ok(typeof address === "object" && address?.address === "127.0.0.1");
  });
});

/** The headers that a request was signed with. */
async function captureHeaders(emulator: TestEmulator, method: string, path: string): Promise<Record<string, string>> {
  await send(emulator, method, path);
  const headers: Record<string, string> = emulator.seen.at(-1)?.headers ?? {};
  return Object.fromEntries(Object.entries(headers).filter(([name]) => /^(authorization|x-ms-)/.test(name)));
}

describe("whatever a client sends", { concurrency: true }, () => {
  const bodies = {
    "invalid JSON": "{",
    "an array": "[]",
    "a string": '"alice"',
    "a number": "5",
    null: "null",
    binary: "\u0000\u0001\uFFFF",
    "deeply nested JSON": "[".repeat(100_000),
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(`${name} as a body: 400 ValidationError`, async (t) => {
      const answer = await send(await emulatorFor(t), "POST", "/identities", { body });
      assertValidationError(answer, "The request body must be a JSON object.", "body");
    });
  }

  test("a body of several megabytes: 413", async (t) => {
    const emulator = await emulatorFor(t);
    const answer = await send(emulator, "POST", "/identities", { body: { customId: "x".repeat(5_000_000) } });
    assert.equal(answer.status, 413);
    assertErrorForm(answer);
    await create(emulator);
  });

  const requests = [
    ["GET", "/"],
    ["GET", "/identities"],
    ["PUT", "/identities"],
    ["PATCH", "/identities/a"],
    ["OPTIONS", "/identities"],
    ["TRACE", "/identities"],
    ["QUERY", "/identities"],
    ["POST", "/identities/a"],
    ["POST", "/identities/a/:issueAccessTokens"],
    ["GET", "/identities/a/:issueAccessToken"],
    ["POST", "/teamsUser/:exchangeAccessToken"],
    ["GET", "/identities/%E0%A4%A"],
    ["GET", "/identities/%"],
    ["GET", "//identities"],
    ["GET", "/identities/../identities/x"],
    ["GET", "/identities/a/b/c"],
    ["GET", "/%00"],
    ["GET", `/${"a".repeat(8000)}`],
  ] as const;
  for (const [method, path] of requests) {
    test(`${method} ${path.slice(0, 40)}: an error in the service's form`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await send(emulator, method, path);
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
      assertErrorForm(answer);
      await create(emulator);
    });
  }

  const raw = {
    "a header that is too large": `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
    "no HTTP": "hello\r\n\r\n",
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "an invalid Host": "GET / HTTP/1.1\r\nHost: a b@c\r\nConnection: close\r\n\r\n",
    "an absolute URL": "GET https://[::1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "an invalid header": "GET / HTTP/1.1\r\nHost: localhost\r\nA B: c\r\n\r\n",
    "two lengths": "POST /identities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length and chunks":
      "POST /identities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a broken chunk": "POST /identities HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "an expectation": "GET / HTTP/1.1\r\nHost: localhost\r\nExpect: the-unexpected\r\nConnection: close\r\n\r\n",
    "a proxy's CONNECT": "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an upgrade":
      "GET /identities HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
  };
  for (const [name, text] of Object.entries(raw)) {
    test(`${name}: an error in the service's form`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await sendRaw(emulator, text);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      assert.match(answer, /^api-supported-versions: 2020-/im);
      assert.match(answer, /^ms-cv: /im);
      const { error } = JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1));
      assert.ok(error.code && error.message);
      await create(emulator);
    });
  }

  const brokenOff = {
    "after half a head": "POST /identities HTTP/1.1\r\nHo",
    "after half a body": "POST /identities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    "before the answer": "POST /identities HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
  };
  for (const [name, text] of Object.entries(brokenOff)) {
    test(`a connection that ends ${name} leaves the service running`, async (t) => {
      const emulator = await emulatorFor(t);
      const socket = connectTo(emulator);
      await once(socket, "secureConnect");
      socket.write(text, () => socket.destroy());
      await once(socket, "close");
      await create(emulator);
    });
  }
});

function assertErrorForm(answer: Answer): void {
  const { error } = json(answer);
  assert.ok(typeof error.code === "string" && typeof error.message === "string");
}

function connectTo({ server, ca }: TestEmulator) {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return connect({ port, host: "127.0.0.1", servername: "localhost", ca });
}

/** Sends text as it is, and returns all that comes back until the server closes the connection. */
async function sendRaw(emulator: TestEmulator, text: string): Promise<string> {
  const socket = connectTo(emulator).setEncoding("utf8");
  socket.write(text);
  let answer = "";
  for await (const part of socket) answer += part;
  return answer;
}
