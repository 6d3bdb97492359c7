import assert from "node:assert/strict";
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startNode } from "../support/child-process.ts";
import { root, temporaryFolder } from "../support/folder.ts";
import { CREATE, test } from "../support/test-emulator.ts";

describe("communication-identity-preview.ts, copied into another project", () => {
  test("compiles and runs as an ES module, with the README's token.ts", async (emulator) => {
    const cwd = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    writeFileSync(join(cwd, "package.json"), '{"type":"module"}');
    const file = "communication-identity-preview.ts";
    copyFileSync(join(root, "src", file), join(cwd, file));
    const readme = readFileSync(join(root, "README.md"), "utf8");
    writeFileSync(join(cwd, "token.ts"), /```ts\r?\n(import type [^`]+)```/.exec(readme)?.[1] ?? "");
    writeFileSync(
      join(cwd, "app.ts"),
      `import { isRestError } from "@azure/core-rest-pipeline";
      import { CommunicationIdentityClient } from "./communication-identity-preview.js";
      import { issueToken } from "./token.js";
      const client = new CommunicationIdentityClient(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING ?? "");
      const { user } = await client.createUserAndToken(["chat"], { customId: "alice" });
      console.log((await client.getUserDetail(user)).customId);
      await client.createUser({ customId: "" }).catch((error: unknown) => console.log(isRestError(error)));
      await client.getToken(user, []).catch((error: unknown) => console.log(isRestError(error)));
      await client.deleteUser(user);
      const [first, second] = await Promise.all([issueToken("bob"), issueToken("bob")]);
      console.log(first === second, (await issueToken("bob")).user.communicationUserId === first.user.communicationUserId);
      await issueToken(undefined).catch((error: Error) => console.log(error.message));
      await client.deleteUser(first.user);`,
    );
    // The settings of `tsc --init`, and some that projects often add.
    const initial = "strict,noUncheckedIndexedAccess,exactOptionalPropertyTypes,verbatimModuleSyntax,isolatedModules";
    const added = "noImplicitOverride,noImplicitReturns,noUnusedLocals,noUnusedParameters,erasableSyntaxOnly";
    const flags = `${initial},${added},declaration,skipLibCheck`.split(",").map((name) => `--${name}`);
    const target = "--module nodenext --target esnext --lib es2023 --types node".split(" ");
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const compiler = await startNode([tsc, ...flags, ...target, "app.ts"], { cwd });
    assert.equal((await compiler.ended).stdout, "");
    const app = await startNode(["app.js"], { cwd, env: emulator.env });
    const { stdout, stderr } = await app.ended;
    const lines = stdout.replace(/^8:acs:.*\n/m, "");
    assert.equal(lines, "alice\ntrue\ntrue\ntrue true\nNobody has signed in.\n", stderr);
    // Two creates of alice, two of bob and one that token.ts makes of its own.
    assert.equal(emulator.seen.filter(({ operation, status }) => operation === CREATE && status === 201).length, 4);
  });
});
