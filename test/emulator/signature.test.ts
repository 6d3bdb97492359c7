import assert from "node:assert/strict";
import { describe } from "node:test";
import { assertError, assertResponse, create, pathOf, type RequestOptions, send } from "../support/signed-request.ts";
import { test } from "../support/test-emulator.ts";

const DENIED = "Denied by the resource provider.";
const WRONG_HASH = "Request 'x-ms-content-sha256' differs from generated content hash.";
const minutesFromNow = (count: number) => new Date(Date.now() + count * 60_000);
const inMinutes = (count: number) => minutesFromNow(count).toUTCString();

describe("a request's credential", () => {
  const old = { signedHeaders: ["date", "host", "x-ms-content-sha256"], date: minutesFromNow(-16) };
  const refused: Record<string, [options: RequestOptions, message?: string]> = {
    "another access key": [{ accessKey: "d3Jvbmc=" }],
    "a changed body": [{ body: { customId: "alice" }, tamperedBody: '{"customId":"mallo"}' }, WRONG_HASH],
    "another host": [{ headers: { host: "localhost" } }],
    "no credential": [{ headers: { authorization: "" } }],
    "an empty token": [{ headers: { authorization: "Bearer " } }],
    "a date 16 minutes ago": [{ date: minutesFromNow(-16) }],
    "a date 20 minutes ahead": [{ date: minutesFromNow(20) }],
    "an invalid date": [{ date: new Date(Number.NaN) }],
    "an unsigned host": [{ signedHeaders: ["x-ms-date", "x-ms-content-sha256"] }],
    "an unsigned body": [{ signedHeaders: ["x-ms-date", "host"] }],
    "an unsigned date": [{ signedHeaders: ["host", "x-ms-content-sha256"] }],
    "a new date, if the signed one is old": [{ ...old, headers: { "x-ms-date": inMinutes(0) } }],
  };
  for (const [name, [options, message = DENIED]] of Object.entries(refused)) {
    test(`is refused with 401 Denied: ${name}`, async (emulator) => {
      assertError(await send(emulator, "POST", "/identities", options), 401, "Denied", message);
      assert.equal(emulator.identities.size, 0);
    });
  }

  test("can be a signature whose date is off by less than 15 minutes, in x-ms-date or date", async (emulator) => {
    for (const list of ["x-ms-date;host;x-ms-content-sha256", "date;host;x-ms-content-sha256"]) {
      for (const minutes of [-10, 14]) {
        const options = { date: minutesFromNow(minutes), signedHeaders: list.split(";") };
        assert.equal((await send(emulator, "POST", "/identities", options)).status, 201);
      }
    }
    // The date that isn't signed doesn't matter.
    const headers = { date: inMinutes(-60) };
    assert.equal((await send(emulator, "POST", "/identities", { headers })).status, 201);
  });

  test("covers method, path and query when it is a signature", async (emulator) => {
    const id = await create(emulator);
    await send(emulator, "GET", pathOf(id));
    const signed = Object.entries(emulator.seen.at(-1)?.headers ?? {});
    const headers = Object.fromEntries(signed.filter(([name]) => /^(authorization|x-ms-)/.test(name)));
    assertError(await send(emulator, "DELETE", pathOf(id), { headers }), 401, "Denied", DENIED);
    assertError(await send(emulator, "GET", pathOf("8:acs:x"), { headers }), 401, "Denied", DENIED);
    assertError(await send(emulator, "GET", pathOf(id), { headers, apiVersion: "2023-10-01" }), 401, "Denied", DENIED);
    assertResponse(await send(emulator, "GET", pathOf(id), { headers }), 200, { id });
  });
});
