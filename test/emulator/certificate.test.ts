import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rootCertificates } from "node:tls";
import { temporaryFolder } from "../support/folder.ts";
import { createCertificate, savedCertificate } from "./certificate.ts";

const windows = process.platform === "win32" && "Windows has no file modes";
const DAY_MS = 24 * 60 * 60_000;

describe("the saved certificate", () => {
  test("is readable by the user only, also if a damaged file wasn't", { skip: windows }, async () => {
    const folder = join(temporaryFolder(), ".emulator");
    await savedCertificate(folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of ["ca.pem", "key.pem"]) {
      writeFileSync(join(folder, file), "nonsense");
      chmodSync(join(folder, file), 0o644);
    }
    await savedCertificate(folder);
    assert.deepEqual(readdirSync(folder), ["ca.pem", "key.pem"]);
    for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  });

  for (const [name, days, from, change] of [
    ["is reused if it's valid for 8 days", 8, -DAY_MS, "pair"],
    ["is replaced if it's valid for 6 days only", 6, -DAY_MS, "pair"],
    ["is replaced if it isn't valid yet", 90, DAY_MS, "pair"],
    ["is replaced if it's damaged", 90, -DAY_MS, "damaged"],
    ["is replaced if its key is another one's", 90, -DAY_MS, "other key"],
  ] as const) {
    test(name, async () => {
      const folder = temporaryFolder();
      const [{ ca, key }, other] = [await createCertificate(days, Date.now() + from), await createCertificate()];
      const content = change === "damaged" ? key + ca.slice(100) : change === "pair" ? key + ca : other.key + ca;
      writeFileSync(join(folder, "key.pem"), content);
      writeFileSync(join(folder, "ca.pem"), other.ca);
      const saved = await savedCertificate(folder);
      assert.equal(saved.certificate.ca === ca, name.includes("reused"));
      assert.deepEqual(await savedCertificate(folder), saved);
      assert.equal(new X509Certificate(saved.certificate.ca).ca, false);
      assert.equal(readFileSync(saved.caFile, "utf8"), saved.certificate.ca);
    });
  }

  test("is one for all emulators that start at the same time", async () => {
    for (let count = 0; count < 5; count++) {
      const folder = temporaryFolder();
      const saved = await Promise.all(Array.from({ length: 5 }, () => savedCertificate(folder)));
      assert.equal(new Set(saved.map(({ certificate }) => certificate.key)).size, 1);
      assert.equal(readFileSync(join(folder, "ca.pem"), "utf8"), saved[0]?.certificate.ca);
    }
  });

  test("is saved with the CAs that the emulator trusts, once, even if a terminal that uses it starts another", async () => {
    const folder = temporaryFolder();
    const company = join(folder, "company.pem");
    const [first, second] = rootCertificates.slice(0, 2).map((pem) => String(new X509Certificate(pem)));
    writeFileSync(
      company,
      `# Ours\r\n${first}\r\n${second?.trim()}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
    );
    const { certificate, caFile } = await savedCertificate(folder, company);
    const expected = `${certificate.ca}${first}${second}`;
    for (const extraFile of [company, caFile, "none.pem", ""]) {
      await savedCertificate(folder, extraFile);
      assert.equal(readFileSync(caFile, "utf8"), expected);
    }
  });
});
