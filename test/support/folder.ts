import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "..", "..");

let parent: string | undefined;

/** A new folder, which is deleted when the test file's process ends. */
export function temporaryFolder(): string {
  if (parent === undefined) {
    const created = mkdtempSync(join(tmpdir(), "byodi-test-"));
    process.on("exit", () => rmSync(created, { recursive: true, force: true, maxRetries: 5 }));
    parent = created;
  }
  return mkdtempSync(join(parent, "folder-"));
}

/**
 * A new folder that looks like the project's, so that a test can put a file of its own beside the project's.
 *
 * @param folders - Those of the project's folders that it is to have, beside `node_modules`.
 */
export function projectFolder(...folders: string[]): string {
  const folder = temporaryFolder();
  for (const name of ["node_modules", ...folders]) symlinkSync(join(root, name), join(folder, name), "junction");
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  return folder;
}
