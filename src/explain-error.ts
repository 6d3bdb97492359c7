import { isRestError, type RestError } from "@azure/core-rest-pipeline";

/** An error whose message is all that the person who runs the quickstart needs to see: what happened and what to do. */
export class PlainError extends Error {}

// Failures to connect, by the code that Node or the SDK gives them. Where this has no words, the message is shown.
const unreachable: Record<string, string> = {
  ENOTFOUND: "no host has this name",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "the connection was refused",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no network",
  EPROTO: "the TLS handshake failed",
  REQUEST_SEND_ERROR: "",
};
const untrusted = /CERT|ISSUER|SIGNATURE|HOSTNAME|INVALID_CA/;

// What to do about the service's error codes.
const advice: Record<string, string> = {
  Denied: "Copy the connection string from the Azure portal again (Settings > Keys), and check this machine's clock.",
  IdentityNotOwned: "The identity is not in your resource. Another run may have deleted it meanwhile.",
  MultipleIdentitiesForCustomId: "Creating it in several calls at once causes this. README.md says what to do.",
  UnsupportedApiVersion: "No other version is known to have custom IDs: see «What has become of BYODI» in README.md.",
};

/** Whether a request failed before it was sent, so that the service has not seen it. */
export function wasNotSent(error: unknown): boolean {
  return isRestError(error) && error.code !== undefined && (error.code in unreachable || untrusted.test(error.code));
}

/**
 * Says what went wrong and what to do about it, in one or two lines without a secret.
 *
 * Of the SDK's messages, only those that come from the service's error body or from the network are shown: others contain
 * a response body, which may have a token in it.
 *
 * @param isFromCall - Whether the error came out of a call to the service. Other services have such errors, too.
 * @returns `undefined` for an error that comes neither from a call nor from the configuration: that is a bug.
 */
export function explainError(error: unknown, isFromCall: boolean): string | undefined {
  if (error instanceof PlainError) return error.message;
  if (isFromCall && isRestError(error))
    return error.statusCode === undefined ? explainConnection(error) : explainResponse(error);
  if (error instanceof TypeError && "input" in error) {
    // The SDK reads the proxy's variable when the client is created.
    const proxy = Object.keys(process.env).find((name) => /_proxy$/i.test(name) && process.env[name] === error.input);
    if (proxy && error.input) return `${proxy} is not a URL. It must have the form http://<host>:<port>`;
  }
  return undefined;
}

function explainConnection({ code = "", message, request }: RestError): string {
  const host = request ? new URL(request.url).host : "the service";
  // The agent of a proxy has its URL. Its host is shown, and never its user and password.
  const agent = request?.agent;
  const proxy = agent && "proxy" in agent && agent.proxy instanceof URL ? agent.proxy.host : undefined;
  const route = proxy ? `${host} through the proxy ${proxy}` : host;
  if (untrusted.test(code)) {
    return (
      `Could not connect to ${route}: its certificate is not trusted (${oneLine(message)}).\n` +
      "Check the endpoint and this machine's clock. If a proxy has its own CA, set NODE_EXTRA_CA_CERTS to the CA's file, in the terminal and not in .env."
    );
  }
  const check = "Check the endpoint, your network, and HTTPS_PROXY if you use a proxy.";
  if (!(code in unreachable)) return `No complete response from ${route}: ${oneLine(message)} (${code}).\n${check}`;
  const target = proxy && unreachable[code] && code !== "EPROTO" ? `the proxy ${proxy}` : route;
  return `Could not connect to ${target}: ${unreachable[code] || oneLine(message)} (${code}).\n${check}`;
}

function explainResponse({ statusCode, details, request, response }: RestError): string {
  const { error } = (details ?? {}) as { error?: { code?: unknown; message?: unknown } };
  if (typeof error?.code !== "string") {
    return (
      `The response has status ${statusCode}, but not the form of the Identity service's responses.\n` +
      "Check that the endpoint is your Communication Services resource's, and check any proxy in between."
    );
  }
  const text = typeof error.message === "string" ? `: ${oneLine(error.message)}` : "";
  const ids = `${request?.requestId}, MS-CV ${oneLine(response?.headers.get("ms-cv") ?? "(none)")}`;
  return (
    `The service responded with ${statusCode} ${oneLine(error.code)}${text}\n` +
    (advice[error.code] ?? `Azure support asks for the request ID: ${ids}`)
  );
}

/** On one line, and without the control characters that a terminal would obey. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 300);
}
