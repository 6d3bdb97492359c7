import { styleText } from "node:util";
import type { Middleware } from "./service.ts";

/**
 * Shows each request, and its response before it is sent. Shows no secret: signatures are in the headers, which are left
 * out, and tokens in the JSON, where `…` takes their place.
 *
 * @param write - Takes one line at a time. By default they go to stderr.
 */
export function trace(write = writeToStderr): Middleware {
  return async (c, next) => {
    const { method, path } = c.req;
    // Hono decodes a path, except for characters such as the colons of an ID.
    const readable = path.replace(/%3a/gi, ":");
    write(toLine("→", method, readable, `(${c.req.query("api-version") ?? "no api-version"})`, toText(c.var.rawBody)));
    await next();
    write(toLine("←", String(c.res.status), toText(await c.res.clone().text())));
  };
}

/** A body without its tokens. One that is not JSON is not shown: a token could be anywhere in it. */
function toText(body: Buffer | string | undefined): string {
  if (body === undefined) return "(too large)";
  if (body.length === 0) return "";
  try {
    return JSON.stringify(JSON.parse(String(body)), (name, value) => (name === "token" ? "…" : value));
  } catch {
    return "(not JSON)";
  }
}

function toLine(...words: string[]): string {
  const line = words.filter((word) => word !== "").join(" ");
  // A terminal would obey control characters.
  return line.replace(/\p{Cc}/gu, encodeURIComponent);
}

function writeToStderr(line: string): void {
  // On a terminal, dimmed to set it apart from a program's own output.
  console.error(process.stderr.isTTY && process.stderr.hasColors() ? styleText("dim", line) : line);
}
