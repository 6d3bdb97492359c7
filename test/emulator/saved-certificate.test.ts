import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryFolder } from "../support/folder.ts";
import { create } from "../support/signed-request.ts";
import { createCertificate } from "./certificate.ts";
import { savedCertificate } from "./saved-certificate.ts";
import { startEmulator } from "./server.ts";

const windows = process.platform === "win32" && "Windows has no file modes";

describe("the saved certificate", () => {
  test("is readable for the user only", { skip: windows }, async () => {
    const folder = join(temporaryFolder(), ".emulator");
    await savedCertificate(folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder), ["ca.pem", "cert.pem", "key.pem"]);
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  });

  const cases: Record<string, [days: number, damaged: Record<string, string>, kept: boolean]> = {
    "that is valid for 8 days": [8, {}, true],
    "that is valid for 6 days": [6, {}, false],
    "without a CA": [90, { "ca.pem": "nonsense" }, false],
    "that is damaged": [90, { "cert.pem": "nonsense" }, false],
    "whose key is damaged": [90, { "key.pem": "nonsense" }, false],
    "of another CA": [90, { "ca.pem": "another" }, false],
  };
  for (const [name, [days, damaged, kept]] of Object.entries(cases)) {
    test(`${name} is ${kept ? "used again" : "replaced"}`, async (t) => {
      const folder = temporaryFolder();
      const { ca, cert, key } = await createCertificate(days);
      const { ca: another } = await createCertificate();
      for (const [file, content] of Object.entries({ "ca.pem": ca, "cert.pem": cert, "key.pem": key, ...damaged })) {
        writeFileSync(join(folder, file), content === "another" ? another : content);
      }
      const { caFile, ...certificate } = await savedCertificate(folder);
      assert.equal(certificate.cert === cert, kept);
      const emulator = await startEmulator({ certificate });
      t.after(emulator.close);
      await create({ ...emulator, ca: readFileSync(caFile, "utf8") });
    });
  }
});
