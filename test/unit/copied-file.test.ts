import assert from "node:assert/strict";
import { copyFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { startNode } from "../support/child-process.ts";
import { root, temporaryFolder } from "../support/folder.ts";
import { DELETE, test } from "../support/test-emulator.ts";

describe("communication-identity-preview.ts, copied into another project", () => {
  test("compiles and runs as an ES module", async (emulator) => {
    const cwd = temporaryFolder();
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    writeFileSync(join(cwd, "package.json"), '{"type":"module"}');
    const file = "communication-identity-preview.ts";
    copyFileSync(join(root, "src", file), join(cwd, file));
    writeFileSync(
      join(cwd, "app.ts"),
      `import { isRestError } from "@azure/core-rest-pipeline";
      import { CommunicationIdentityClient } from "./communication-identity-preview.js";
      const client = new CommunicationIdentityClient(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING ?? "");
      const { user } = await client.createUserAndToken(["chat"], { customId: "alice" });
      console.log((await client.getUserDetail(user)).customId);
      await client.createUser({ customId: "" }).catch((error: unknown) => console.log(isRestError(error)));
      await client.getToken(user, []).catch((error: unknown) => console.log(isRestError(error)));
      await client.deleteUser(user);`,
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
    assert.equal(stdout, "alice\ntrue\ntrue\n", stderr);
    assert.equal(emulator.seen.filter(({ operation }) => operation === DELETE).length, 1);
  });
});
