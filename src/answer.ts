import type { PipelineResponse } from "@azure/core-rest-pipeline";

/** The service answered, but not as its API promises. The message names the request and the answer's status. */
export class UnexpectedAnswerError extends Error {}

/** The parts of the service's answers that the quickstart relies on. What they are is not known until it is checked. */
export interface Answer {
  identity?: { id?: unknown };
  id?: unknown;
  token?: unknown;
  expiresOn?: unknown;
  error?: { code?: unknown };
}

// What each operation answers when it succeeds, from the service's OpenAPI description
// (Azure/azure-rest-api-specs, communication/data-plane/Identity, 2025-03-02-preview). It allows 200 for an identity
// that exists already; the service was recorded to answer 201 for that too.
const promised: Record<string, { statuses: number[]; holds(answer: Answer): boolean }> = {
  "POST /identities": { statuses: [200, 201], holds: ({ identity }) => isText(identity?.id) },
  "GET /identities/{id}": { statuses: [200], holds: ({ id }) => isText(id) },
  "POST /identities/{id}/:issueAccessToken": {
    statuses: [200],
    holds: ({ token, expiresOn }) => isText(token) && isText(expiresOn) && !Number.isNaN(Date.parse(expiresOn)),
  },
  "DELETE /identities/{id}": { statuses: [204], holds: () => true },
};

/**
 * Checks an answer that is not an error. The SDK does not: it takes an answer without an identity in it for an identity
 * whose ID is `undefined`.
 *
 * @throws UnexpectedAnswerError when an answer below status 400 is not what the API promises.
 */
export function checkAnswer({ request, status }: PipelineResponse, answer: Answer): void {
  const path = new URL(request.url).pathname.replace(/^\/identities\/[^/]+/, "/identities/{id}");
  const operation = `${request.method} ${path}`;
  const promise = promised[operation];
  if (status < 400 && !(promise?.statuses.includes(status) && promise.holds(answer))) {
    throw new UnexpectedAnswerError(`${operation} was answered with status ${status}`);
  }
}

/** Reads an answer's body: `{}` when it has none, or none that is JSON. */
export function readAnswer({ headers, bodyAsText }: PipelineResponse): Answer {
  // As the SDK does: an answer without a content type may be JSON, one with another type is not.
  const type = headers.get("content-type") ?? "application/json";
  if (!/^(application|text)\/json\s*(;|$)/i.test(type)) return {};
  try {
    const body: unknown = JSON.parse(bodyAsText ?? "");
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Whether a value is a string with something in it, as IDs and tokens are. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
