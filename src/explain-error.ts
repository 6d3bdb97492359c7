import { isRestError, type RestError } from "@azure/core-rest-pipeline";
import { UnexpectedAnswerError } from "./answer";
import { UserError } from "./connection-string";

/** Why a connection failed, in words, by the code that Node gives the error. */
const connectionFailures: Record<string, string> = {
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name could not be looked up; is there a network?",
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was closed before an answer came",
  EPIPE: "the connection was closed before an answer came",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no network",
  EPROTO: "there was no agreement on TLS",
};

/**
 * Says what went wrong and what to do about it, in one or two lines.
 *
 * Of the SDK's messages it passes on those that come from the service's error body or from the network. Others quote an
 * answer, with a token in it. What is left at the end are mistakes in the code.
 */
export function explainError(error: unknown): string {
  if (error instanceof UserError) return error.message;
  if (error instanceof UnexpectedAnswerError) {
    return (
      `The answer was not understood: ${error.message}, which is not what the API promises.\n` +
      "Check that the endpoint is that of a Communication Services resource, and that no proxy answers in its place."
    );
  }
  if (isRestError(error)) {
    return error.statusCode === undefined ? explainConnection(error) : explainService(error);
  }
  if (error instanceof Error && error.name === "TimeoutError") {
    return `The request timed out: ${error.message}.\nCheck your network and the endpoint, and run it again.`;
  }
  if (error instanceof Error && error.name === "AbortError") {
    return "The service is busy, and asked to wait longer than the quickstart does. Run it again later.";
  }
  if (error instanceof TypeError && "code" in error && error.code === "ERR_INVALID_URL") {
    return "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY is not a URL. It must have the form http://<host>:<port>";
  }
  return `Unexpected error: ${String(error)}`;
}

function explainConnection({ code = "", message, request }: RestError): string {
  const host = request ? new URL(request.url).host : "the service";
  if (/CERT|ISSUER|SIGNATURE|HOSTNAME|INVALID_CA/.test(code)) {
    return (
      `Could not connect to ${host}: its certificate is not trusted (${oneLine(message)}).\n` +
      "Behind a proxy with a CA of its own, set NODE_EXTRA_CA_CERTS to the CA's file, in the environment and not in .env. " +
      "Otherwise check the endpoint and the clock."
    );
  }
  return (
    `Could not connect to ${host}: ${connectionFailures[code] ?? oneLine(message)} (${code}).\n` +
    "Check the endpoint, your network, and HTTPS_PROXY if you use a proxy."
  );
}

function explainService(error: RestError): string {
  const { statusCode, code, request, response } = error;
  if (statusCode === 401 && code === "Denied") {
    return (
      "The service rejected the access key (401 Denied). Copy the connection string again from the Azure portal\n" +
      "(your Communication Services resource > Settings > Keys), and check that this machine's clock is right."
    );
  }
  if (statusCode === 400 && code === "UnsupportedApiVersion") {
    const version = request && new URL(request.url).searchParams.get("api-version");
    return (
      `The service does not offer API version ${version} any more, the preview that has custom IDs.\n` +
      "Look for a newer version of @azure/communication-identity with createUser({ customId })."
    );
  }
  const msCv = response?.headers.get("ms-cv");
  const requestId = `${request?.requestId}${msCv ? ` (MS-CV ${oneLine(msCv)})` : ""}`;
  return `The service answered ${statusCode}${quoteError(error)}\nAzure support asks for the request ID: ${requestId}`;
}

/** Code and message of the service's error body. One that is not the service's, such as a proxy's page, is left out. */
function quoteError({ details }: RestError): string {
  const { error } = (details ?? {}) as { error?: { code?: unknown; message?: unknown } };
  if (typeof error?.code !== "string") return "";
  return ` ${oneLine(error.code)}${typeof error.message === "string" ? `: ${oneLine(error.message)}` : ""}`;
}

/** On one line, and without the control characters that a terminal would obey. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").slice(0, 300);
}
