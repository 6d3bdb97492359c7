import { styleText } from "node:util";
import type { Middleware } from "./service.ts";

/**
 * Shows each request, and its response before it is sent. Shows no secrets: it leaves out the headers, which have the
 * credentials, and replaces tokens in the JSON with `…`.
 *
 * @param write - Writes one line. Default: to stderr.
 */
export function trace(write = writeToStderr): Middleware {
  return async (c, next) => {
    const { method, path } = c.req;
    // Hono decodes a path, but not characters such as the colons of an ID.
    const readable = path.replace(/%3a/gi, ":");
    write(toLine("→", method, readable, `(${c.req.query("api-version") ?? "no api-version"})`, toText(c.var.rawBody)));
    await next();
    write(toLine("←", String(c.res.status), toText(await c.res.clone().text())));
  };
}

/** A body without its tokens. If it isn't JSON, it isn't shown: it could have a token anywhere. */
function toText(body: Buffer | string): string {
  if (body.length === 0) return "";
  try {
    return JSON.stringify(JSON.parse(String(body)), (name, value) => (name === "token" ? "…" : value));
  } catch {
    return "(not JSON)";
  }
}

// A terminal would interpret control characters.
const toLine = (...words: string[]) =>
  words
    .filter(Boolean)
    .join(" ")
    .replace(/\p{Cc}/gu, encodeURIComponent);

function writeToStderr(line: string): void {
  // Dimmed on a terminal, to set it apart from a program's output.
  console.error(process.stderr.isTTY && process.stderr.hasColors() ? styleText("dim", line) : line);
}
