const VARIABLE = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const EXPECTED_FORM = "endpoint=https://<your-resource>.communication.azure.com/;accesskey=<your-access-key>";

/** A mistake of the person who runs the quickstart. Its message is all that they need to see. */
export class UserError extends Error {}

/**
 * Reads the connection string from the environment and says what is wrong with one that cannot work, before any request
 * is sent. No message holds any part of the value, since any part may be the access key.
 *
 * @throws UserError in one or two lines that say what to do.
 */
export function readConnectionString(): string {
  const value = process.env[VARIABLE]?.trim();
  if (!value) {
    throw new UserError(
      `${VARIABLE} is not set. Copy .env.example to .env and put your resource's connection string in it,\n` +
        "or try the quickstart without Azure: npm run start:emulator",
    );
  }
  if (/[<>]/.test(value)) {
    throw new UserError(
      `${VARIABLE} still holds the placeholders of .env.example. Put your resource's connection string there\n` +
        "(Azure portal > your Communication Services resource > Settings > Keys), or run: npm run start:emulator",
    );
  }
  // What the SDK takes too; its own message quotes the whole string. (Windows' `set` leaves a quotation mark in front.)
  const endpoint = /^\W?endpoint=([^;]+);accesskey=[^;]+;?$/i.exec(value)?.[1];
  if (endpoint === undefined) {
    throw new UserError(`${VARIABLE} is not a connection string. It must have the form\n${EXPECTED_FORM}`);
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:" || url.href !== `${url.origin}/`) {
    throw new UserError(
      `The endpoint in ${VARIABLE} must be an https URL, without a path, in the form\n${EXPECTED_FORM}`,
    );
  }
  return value;
}
