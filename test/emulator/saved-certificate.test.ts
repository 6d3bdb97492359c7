import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { temporaryFolder } from "../support/folder.ts";
import { createCertificate } from "./certificate.ts";
import { savedCertificate } from "./saved-certificate.ts";

const windows = process.platform === "win32" && "Windows has no file modes";

describe("the saved certificate", () => {
  test("is readable by the user only", { skip: windows }, async () => {
    const folder = join(temporaryFolder(), ".emulator");
    await savedCertificate(folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder), ["ca.pem", "key.pem"]);
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  });

  for (const [name, days, file] of [
    ["is reused if it's valid for 8 days", 8, "none.pem"],
    ["is replaced if it's valid for 6 days only", 6, "none.pem"],
    ["is replaced if it's damaged", 90, "ca.pem"],
    ["is replaced if its key is another one's", 90, "key.pem"],
  ] as const) {
    test(name, async () => {
      const folder = temporaryFolder();
      const { ca, key } = await createCertificate(days);
      const other = file === "key.pem" ? (await createCertificate()).key : "nonsense";
      for (const [name, content] of Object.entries({ "ca.pem": ca, "key.pem": key, [file]: other })) {
        writeFileSync(join(folder, name), content);
      }
      const saved = await savedCertificate(folder);
      assert.equal(saved.certificate.ca === ca, name.includes("reused"));
      assert.deepEqual(await savedCertificate(folder), saved);
      assert.equal(new X509Certificate(saved.certificate.ca).ca, false);
    });
  }
});
