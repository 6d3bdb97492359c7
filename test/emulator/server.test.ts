import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { connect } from "node:tls";
import { assertError, create, json, send } from "../support/signed-request.ts";
import { startTestEmulator } from "../support/test-emulator.ts";
import { type Emulator, startEmulator } from "./server.ts";

describe("the emulator's server", () => {
  test("needs no options, and listens on the loopback address only", async (t) => {
    const [emulator, other] = await Promise.all([startEmulator(), startEmulator()]);
    for (const { close } of [emulator, other]) t.after(close);
    const { address, port } = emulator.server.address() as AddressInfo;
    assert.equal(address, "127.0.0.1");
    assert.equal(emulator.endpoint, `https://127.0.0.1:${port}/`);
    await create(emulator);
    await assert.rejects(create({ ...emulator, ca: other.ca }), /certificate/);
    // The certificate has both names.
    await create({ ...emulator, connectionString: emulator.connectionString.replace("127.0.0.1", "localhost") });
  });

  test("responds with an error in the service's form to any signed request", async (t) => {
    const emulator = await startTestEmulator(t);
    const methods = ["GET /", "GET /identities", "PUT /identities", "PATCH /identities/a", "OPTIONS /identities"];
    const actions = [
      "POST /identities/a/:issueAccessTokens",
      "GET /identities/a/:issueAccessToken",
      "TRACE /identities",
    ];
    const others = ["POST /teamsUser/:exchangeAccessToken", "POST /identities/a"];
    const paths = ["%E0%A4%A", "%", "a/b/c", "../identities/x", "%00", "a".repeat(8000)];
    const odd = [...paths.map((path) => `GET /identities/${path}`), "GET //identities", "GET /%00"];
    for (const request of [...methods, ...actions, ...others, ...odd]) {
      const [method = "", path = ""] = request.split(" ");
      const response = await send(emulator, method, path);
      assert.ok(response.status >= 400 && response.status < 500, `${request}: ${response.status}`);
      assertError(response, response.status, json(response).error.code);
    }
    const body = { customId: "x".repeat(5_000_000) };
    assertError(await send(emulator, "POST", "/identities", { body }), 413, "RequestEntityTooLarge");
    await create(emulator);
  });

  const host = "Host: localhost\r\n";
  const raw: Record<string, [status: number | "none", request: string]> = {
    "a header that is too large": [431, `GET / HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`],
    "no HTTP": [400, "hello\r\n\r\n"],
    "no Host": [400, "GET / HTTP/1.1\r\n\r\n"],
    "an invalid Host": [400, "GET / HTTP/1.1\r\nHost: a b@c\r\nConnection: close\r\n\r\n"],
    "an invalid absolute URL": [400, `GET https://[::1 HTTP/1.1\r\n${host}Connection: close\r\n\r\n`],
    "two lengths": [400, `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`],
    "a broken chunk": [400, `POST /identities HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    "an expectation": [417, `GET / HTTP/1.1\r\n${host}Expect: the-unexpected\r\nConnection: close\r\n\r\n`],
    "an upgrade": [401, `GET / HTTP/1.1\r\n${host}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`],
    "a proxy's CONNECT": ["none", `CONNECT localhost:443 HTTP/1.1\r\n${host}\r\n`],
  };
  for (const [name, [status, request]] of Object.entries(raw)) {
    test(`survives ${name}: ${status}`, async (t) => {
      const emulator = await startTestEmulator(t);
      const socket = connectTo(emulator);
      socket.write(request);
      const [, received = "none"] = (await text(socket)).split(" ");
      assert.equal(received, String(status));
      await create(emulator);
    });
  }

  for (const sent of ["Ho", `${host}Content-Length: 100\r\n\r\n{`, `${host}Content-Length: 0\r\n\r\n`]) {
    test(`survives a connection that ends after ${JSON.stringify(sent)}`, async (t) => {
      const emulator = await startTestEmulator(t);
      const socket = connectTo(emulator);
      await once(socket, "secureConnect");
      socket.write(`POST /identities HTTP/1.1\r\n${sent}`, () => socket.destroy());
      await once(socket, "close");
      await create(emulator);
    });
  }
});

function connectTo({ server, ca }: Emulator) {
  const { port } = server.address() as AddressInfo;
  return connect({ port, host: "127.0.0.1", ca });
}
