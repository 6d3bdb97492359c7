import { config } from "dotenv";
import { PlainError } from "./explain-error.ts";

const VARIABLE = "COMMUNICATION_SERVICES_CONNECTION_STRING";

/**
 * Reads the connection string from the environment or from `.env`, and rejects one that cannot work before any request
 * is sent. No message contains any part of the value, since any part may be the access key.
 *
 * @throws PlainError with two lines that say what to do.
 */
export function readConnectionString(): string {
  const isEmpty = process.env[VARIABLE]?.trim() === "";
  const dotenv = config({ quiet: true });
  // In Windows PowerShell 5.1, `>` saves text as UTF-16.
  if (process.env[VARIABLE] === undefined) config({ quiet: true, encoding: "utf16le" });

  const value = process.env[VARIABLE]?.trim();
  if (!value) {
    if (dotenv.error?.code === "ENOENT") {
      throw new PlainError(
        `${VARIABLE} is not set. Copy .env.example to .env and put your resource's connection string in it,\n` +
          "or try the quickstart without Azure: npm run start:emulator",
      );
    }
    if (dotenv.error) throw new PlainError(`Cannot read .env as a text file: ${dotenv.error.message}`);
    if (isEmpty && dotenv.parsed?.[VARIABLE]) {
      throw new PlainError(
        `${VARIABLE} is set in this terminal, but empty. That hides the value in .env:\n` +
          "open a new terminal, or remove the variable from this one.",
      );
    }
    throw new PlainError(
      `The file .env does not set the variable that the quickstart needs. Add your resource's connection string to it:\n${VARIABLE}="endpoint=…;accesskey=…"`,
    );
  }

  // The SDK accepts this form too, but its own message contains the whole string. (With quotation marks in the wrong
  // place, Windows' `set` leaves one in front.)
  const endpoint = /^\W?endpoint=([^;]+);accesskey=[^;<]+;?$/i.exec(value)?.[1] ?? "";
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:" || url.href !== `${url.origin}/`) {
    throw new PlainError(
      `${VARIABLE} must have the form endpoint=https://<your-resource>.communication.azure.com/;accesskey=<your-access-key>\n` +
        "Copy all of it from the Azure portal (your Communication Services resource > Settings > Keys).",
    );
  }
  return value;
}
