import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe } from "node:test";
import { connect } from "node:tls";
import { assertError, create, json, send } from "../support/signed-request.ts";
import { test } from "../support/test-emulator.ts";
import { startEmulator } from "./emulator.ts";

describe("the emulator's server", () => {
  test("needs no options, and listens on the loopback address only", async (_, t) => {
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

  test("responds with an error in the service's form to any signed request", async (emulator) => {
    const operations = "GET /|GET /identities|PUT /identities|OPTIONS /identities|TRACE /identities|POST /identities/a";
    const actions = "POST /identities/a/:issueAccessTokens|GET /identities/a/:issueAccessToken|POST /teamsUser/:x";
    const odd = "%E0%A4%A|%|a/b/c|../identities/x|%00|/identities".replace(/[^|]+/g, "GET /identities/$&");
    for (const request of `${operations}|${actions}|${odd}|GET //identities|GET /${"a".repeat(8000)}`.split("|")) {
      const [method = "", path = ""] = request.split(" ");
      const response = await send(emulator, method, path);
      assert.ok(response.status >= 400 && response.status < 500, `${request}: ${response.status}`);
      assertError(response, response.status, json(response).error.code);
    }
    await create(emulator);
  });

  test("survives a body that is cut off", async (emulator) => {
    const { port } = emulator.server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1", ca: emulator.ca });
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", () => socket.destroy());
    await once(socket, "close");
    await create(emulator);
  });
});
