import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertError, assertResponse, create, pathOf, send } from "../support/signed-request.ts";
import { startTestEmulator } from "../support/test-emulator.ts";

const DENIED = [401, "Denied", "Denied by the resource provider."] as const;
const minutesFromNow = (count: number) => new Date(Date.now() + count * 60_000);

describe("the signature check", () => {
  const refused = {
    "another access key": { accessKey: "d3Jvbmc=" },
    "a changed body": { body: { customId: "alice" }, tamperedBody: '{"customId":"mallo"}' },
    "a body where none was signed": { tamperedBody: "{}" },
    "a changed date": { headers: { "x-ms-date": minutesFromNow(1).toUTCString() } },
    "another host": { headers: { host: "localhost" } },
    "another content hash": { headers: { "x-ms-content-sha256": "AAAA" } },
    "no signature": { headers: { authorization: "" } },
    "a token instead": { headers: { authorization: "Bearer a.b.c" } },
    "a date 16 minutes ago": { date: minutesFromNow(-16) },
    "a date 20 minutes ahead": { date: minutesFromNow(20) },
    "no date": { date: new Date(Number.NaN) },
  };
  for (const [name, options] of Object.entries(refused)) {
    test(`refuses ${name}: 401 Denied`, async (t) => {
      const emulator = await startTestEmulator(t);
      assertError(await send(emulator, "POST", "/identities", options), ...DENIED);
      assert.equal(emulator.identities.size, 0);
    });
  }

  test("accepts a date that is off by less than 15 minutes", async (t) => {
    const emulator = await startTestEmulator(t);
    for (const minutes of [-10, 14]) {
      assert.equal((await send(emulator, "POST", "/identities", { date: minutesFromNow(minutes) })).status, 201);
    }
  });

  test("covers method, path and query", async (t) => {
    const emulator = await startTestEmulator(t);
    const id = await create(emulator);
    await send(emulator, "GET", pathOf(id));
    const signed = Object.entries(emulator.seen.at(-1)?.headers ?? {});
    const headers = Object.fromEntries(signed.filter(([name]) => /^(authorization|x-ms-)/.test(name)));
    assertError(await send(emulator, "DELETE", pathOf(id), { headers }), ...DENIED);
    assertError(await send(emulator, "GET", pathOf("8:acs:x"), { headers }), ...DENIED);
    assertError(await send(emulator, "GET", pathOf(id), { headers, apiVersion: "2023-10-01" }), ...DENIED);
    assertResponse(await send(emulator, "GET", pathOf(id), { headers }), 200, { id });
  });
});
