import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let parent: string | undefined;

/** A new folder, which is deleted when the test file's process ends. */
export function temporaryFolder(): string {
  if (parent === undefined) {
    const created = mkdtempSync(join(tmpdir(), "byodi-test-"));
    process.on("exit", () => rmSync(created, { recursive: true, force: true }));
    parent = created;
  }
  return mkdtempSync(join(parent, "folder-"));
}
