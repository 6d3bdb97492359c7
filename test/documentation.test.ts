import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { scripts } from "../package.json";
import { root } from "./support/folder.ts";

describe("the documentation", () => {
  for (const file of ["README.md", "CONTRIBUTING.md", "test/emulator/README.md"]) {
    test(`${file}: the npm scripts, files and folders that it names exist`, () => {
      const text = readFileSync(join(root, file), "utf8");
      for (const [, name = ""] of text.matchAll(/npm run ([\w:]+)/g)) assert.ok(name in scripts, name);
      const links = [...text.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, path = ""]) => join(dirname(file), path));
      const names = [...text.matchAll(/`((?:src|test)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
      for (const path of [...links, ...names]) assert.ok(existsSync(join(root, path)), path);
    });
  }
});
