import { config } from "dotenv";
import { PlainError } from "./explain-error.ts";

const VARIABLE = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const FORM = "endpoint=https://<your-resource>.communication.azure.com/;accesskey=<your-access-key>";
const COPY = "Copy all of it from the Azure portal (your Communication Services resource > Settings > Keys).";
const QUOTE = 'It has no part ";accesskey=…". A shell cuts an unquoted value at the semicolon: use quotation marks.';
/** All of dotenv's options, so that its own environment variables, which may be another project's, change nothing. */
const DOTENV = { path: ".env", encoding: "utf8", override: false, fast: false, debug: false, quiet: true };

/**
 * Reads the connection string from the environment or from `.env`. Rejects a connection string and a proxy's URL that can't
 * work, before any request is sent. No message contains any part of a value, since any part may be a secret.
 *
 * @throws PlainError with one or two lines that say what to do.
 */
export function readConnectionString(): string {
  // An empty variable doesn't hide the value in .env.
  if (!process.env[VARIABLE]?.trim()) delete process.env[VARIABLE];
  config(DOTENV);
  // In Windows PowerShell 5.1, `>` saves text as UTF-16.
  if (process.env[VARIABLE] === undefined) config({ ...DOTENV, encoding: "utf16le" });
  const value = process.env[VARIABLE]?.trim();
  if (!value) {
    throw new PlainError(
      `${VARIABLE} isn't set in this terminal or in .env. Set it in .env as .env.example shows (if you have no .env, copy that file),\nor run the quickstart without Azure: npm run start:emulator`,
    );
  }
  // Like the SDK, this accepts any case. (With quotation marks in the wrong place, Windows' `set` leaves one in front.)
  const [, endpoint = "", accessKey] = /^\W?endpoint=([^;]*)(;accesskey=[^;<]+)?;?$/i.exec(value) ?? [];
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:" || url.href !== `${url.origin}/` || !accessKey) {
    let advice = endpoint && !accessKey ? QUOTE : COPY;
    if (value.includes("<")) advice = `It still has a placeholder, such as <your-access-key>. ${COPY}`;
    throw new PlainError(`${VARIABLE} must have the form ${FORM}\n${advice}`);
  }
  checkProxy();
  return value;
}

/** Checks the variable that the SDK takes its proxy from: the first of these that isn't empty. */
function checkProxy(): void {
  const names = ["HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const name = names.find((name) => process.env[name]) ?? "";
  const value = process.env[name];
  if (value && !(value.includes("://") && URL.canParse(value))) {
    throw new PlainError(`${name} must have the form http://<host>:<port>, with any password URL-encoded`);
  }
}
