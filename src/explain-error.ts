import { isRestError, type PipelineRequest, RestError } from "@azure/core-rest-pipeline";

/** An error whose message is complete: what happened and what to do. */
export class PlainError extends Error {}

// What to do about the service's error codes.
const advice: Record<string, string> = {
  Denied:
    "Check the access key (it may be old, or keys may be disabled on the resource) or the role of the account that signed in, and this machine's clock.",
  MultipleIdentitiesForCustomId:
    "The resource has several identities with this custom ID, which concurrent creates can cause. Use another custom ID, or try to delete the extra identities if you know their IDs.",
  UnsupportedApiVersion: 'BYODI needs API version 2025-03-02-preview. See "Preview status" in README.md.',
};
const CHECK_CERTIFICATE =
  "Check the endpoint and this machine's clock. If a proxy has its own CA, set NODE_EXTRA_CA_CERTS to the CA's file, in the terminal and not in .env.";
const CHECK_ENDPOINT = "Check that the endpoint is your Communication Services resource's, and any proxy in between.";

/**
 * Explains an error of the service, the network or the configuration in one or two lines without a secret.
 *
 * Of the SDK's messages, it shows only those from the service's error body and from the network. Others can contain the
 * connection string, or a response body with a token.
 *
 * @returns `undefined` for any other error, such as a bug.
 */
export function explainError(error: unknown): string | undefined {
  if (error instanceof PlainError) return error.message;
  if (isRestError(error)) {
    // If a response breaks off, the SDK's error has no `request`.
    const call = error.request ? nameCall(error.request) : "A call";
    return error.statusCode === undefined ? explainConnection(call, error) : explainResponse(call, error);
  }
  // The errors of `@azure/identity`. The message of `DefaultAzureCredential` has more than 100 lines.
  if (error instanceof Error && /(CredentialUnavailable|Authentication(Required)?)Error$/.test(error.name)) {
    return `Could not sign in to Microsoft Entra ID: ${oneLine(error.message)}\nRun "az login" with an account that has a role on the resource.`;
  }
  return undefined;
}

/** Names a call in a message, for example `POST /identities/…/:issueAccessToken on contoso.communication.azure.com`. */
export function nameCall({ method, url }: PipelineRequest): string {
  const { host, pathname } = new URL(url);
  return `${method} ${pathname.replace(/^\/identities\/[^/]+/, "/identities/…")} on ${host}`;
}

function explainConnection(call: string, { code = "", message, request }: RestError): string {
  // The agent of a proxy has its URL. Only the host is shown, never the user and the password.
  const agent = request?.agent;
  const proxy = agent && "proxy" in agent && agent.proxy instanceof URL ? ` through the proxy ${agent.proxy.host}` : "";
  if (/^(?!ERR_SSL).*(CERT|ISSUER|SIGNATURE|HOSTNAME|INVALID_CA)/.test(code)) {
    return `${call}${proxy} failed: the certificate isn't trusted (${oneLine(message)}).\n${CHECK_CERTIFICATE}`;
  }
  // OpenSSL's messages name lines of its source. If the host has several addresses, the message is empty.
  const reason = /^(EPROTO|ERR_SSL)/.test(code) ? "the TLS handshake failed" : oneLine(message) || code;
  return `${call}${proxy} failed: ${reason}.\nCheck the endpoint, your network, and HTTPS_PROXY if you use a proxy.`;
}

function explainResponse(call: string, { statusCode, code, details, request, response }: RestError): string {
  if (typeof code !== "string" || code === RestError.PARSE_ERROR) {
    return `${call} returned ${statusCode} with an unexpected body.\n${CHECK_ENDPOINT}`;
  }
  const { message } = (details as { error?: { message?: unknown } } | undefined)?.error ?? {};
  const text = typeof message === "string" ? `: ${oneLine(message)}` : "";
  const ids = `${request?.requestId}, MS-CV ${oneLine(response?.headers.get("ms-cv") ?? "(none)")}`;
  const whatToDo = Object.hasOwn(advice, code) ? advice[code] : `Azure support asks for the request ID: ${ids}`;
  return `${call} returned ${statusCode} ${oneLine(code)}${text}\n${whatToDo}`;
}

/** Puts a text on one line, removes characters that a terminal would interpret, and cuts it to 300 characters. */
function oneLine(text: string): string {
  return text.replace(/[\p{C}\u2028\u2029]+/gu, " ").slice(0, 300);
}
