import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The project's folder. */
export const root = resolve(__dirname, "..", "..");

let parent: string | undefined;

/** Creates a folder, which is deleted when the tests' process ends. */
export function temporaryFolder(): string {
  if (parent === undefined) {
    const created = mkdtempSync(join(tmpdir(), "byodi-test-"));
    process.on("exit", () => {
      try {
        rmSync(created, { recursive: true, maxRetries: 5 });
      } catch {
        // A file that is still in use on Windows: no reason for the tests to fail.
      }
    });
    parent = created;
  }
  return mkdtempSync(join(parent, "folder-"));
}

/**
 * Creates a folder that looks like the project's, so that a test can put a file of its own beside the project's.
 *
 * @param folders - The project's folders that it has, in addition to `node_modules`.
 */
export function projectFolder(...folders: string[]): string {
  const folder = temporaryFolder();
  for (const name of ["node_modules", ...folders]) symlinkSync(join(root, name), join(folder, name), "junction");
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  return folder;
}
