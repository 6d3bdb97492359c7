import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
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

/** Creates a folder with a copy of the quickstart, for a test to change. It finds packages through `NODE_PATH`. */
export function quickstartFolder(): string {
  const folder = temporaryFolder();
  cpSync(join(root, "src"), join(folder, "src"), { recursive: true });
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  return folder;
}
