import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import type { FullOperationResponse } from "@azure/core-client";
import { createPipelineRequest, type PipelineRequest, type SendRequest } from "@azure/core-rest-pipeline";
import { explainError, PlainError, wasNotSent } from "./explain-error.ts";

// Keeps a run tidy without a line between its steps: limits how long a call may take, says plainly what went wrong, and
// after a failure or an interruption deletes what the run has created. Apart from the time limit, it changes nothing that
// the SDK returns or throws. After a run that succeeds, it deletes nothing.

/** How long a call may take, retries included, in milliseconds. A call with its own timeout or `abortSignal` has no limit. */
const CALL_LIMIT = 20_000;
/** How long the cleanup waits for the calls that have not ended, and then for its deletes, in milliseconds each. */
const CLEANUP_LIMIT = 10_000;
/** A signal that arrives so soon after another is the same Ctrl-C: npm passes it on. In milliseconds. */
const SAME_CTRL_C = 1000;

/** The identities that this run has created and not deleted: their IDs, and how to delete them. */
const created = new Map<string, () => Promise<void>>();
/** The calls that have not ended. */
const calls = new Set<Promise<unknown>>();
/** The errors that calls have thrown. */
const failures = new WeakSet<object>();
/** How many creations without a custom ID were sent whose outcome is not known: each may have made an identity. */
let uncertainCreations = 0;
/** When the run failed or was interrupted, by the clock of `performance.now()`. */
let stoppedAt: number | undefined;

/** For a client whose calls are to be watched. What other clients create is left alone. */
export const clientOptions: CommunicationIdentityClientOptions = {
  additionalPolicies: [
    // Around the SDK's retries, where the response's body is parsed.
    { position: "perCall", policy: { name: "watchCalls", sendRequest: watchCall } },
    { position: "perRetry", policy: { name: "watchTries", sendRequest: watchTry } },
  ],
};

async function watchCall(request: PipelineRequest, next: SendRequest): Promise<FullOperationResponse> {
  // No step follows a failure or an interruption. An error here could end in a `catch` of the steps.
  if (stoppedAt !== undefined) return new Promise(() => {});
  const call = sendCall(request, next);
  calls.add(call);
  call.catch((error) => failures.add(error));
  return call.finally(() => calls.delete(call));
}

async function sendCall(request: PipelineRequest, next: SendRequest): Promise<FullOperationResponse> {
  const hasOwnLimit = request.abortSignal !== undefined || request.timeout > 0;
  const response: FullOperationResponse = await (hasOwnLimit ? next(request) : sendInTime(request, next));
  const { pathname } = new URL(request.url);
  const id: unknown = response.parsedBody?.identity?.id;
  if (typeof id === "string") created.set(id, () => deleteIdentity(id, request, next));
  if (request.method === "DELETE") created.delete(decodeURIComponent(pathname.replace("/identities/", "")));
  return response;
}

// Neither `AbortSignal.timeout` nor the SDK's own `timeout` is enough: a broken proxy can leave a call that never ends,
// even when it is aborted, and nothing that keeps the process alive.
async function sendInTime(request: PipelineRequest, next: SendRequest) {
  const limit = new AbortController();
  request.abortSignal = limit.signal;
  const timer = setTimeout(() => limit.abort(), CALL_LIMIT);
  const message = `A call to ${new URL(request.url).host} took longer than ${CALL_LIMIT / 1000} seconds, retries included.`;
  const timeUp = once(limit.signal, "abort").then(() => {
    throw new PlainError(`${message}\nThe service may be busy. Check the endpoint and your network, and run it again.`);
  });
  return Promise.race([timeUp, next(request)]).finally(() => clearTimeout(timer));
}

async function watchTry(request: PipelineRequest, next: SendRequest) {
  // With a custom ID, the next call or the next run gets the same identity again.
  const isCreation = request.method === "POST" && new URL(request.url).pathname === "/identities";
  const isUnrepeatable = isCreation && !String(request.body).includes('"customId":');
  if (!isUnrepeatable || request.abortSignal?.aborted) return next(request);
  uncertainCreations++;
  try {
    const response = await next(request);
    if (response.status < 500) uncertainCreations--;
    return response;
  } catch (error) {
    if (wasNotSent(error)) uncertainCreations--;
    throw error;
  }
}

/** Deletes an identity through the client that created it, whatever its credential is. */
async function deleteIdentity(id: string, { url, agent, tlsSettings }: PipelineRequest, next: SendRequest) {
  const target = new URL(url);
  target.pathname = `/identities/${encodeURIComponent(id)}`;
  const request = createPipelineRequest({ method: "DELETE", url: target.href });
  const response: FullOperationResponse = await next(Object.assign(request, { agent, tlsSettings }));
  // 401 IdentityNotOwned: the resource does not have it any more.
  if (response.status === 204 || response.parsedBody?.error?.code === "IdentityNotOwned") created.delete(id);
}

/** Stops the steps, deletes what they have created, and ends the process. An error as the reason is a bug. */
async function stop(exitCode: number, reason?: string | { error: unknown }): Promise<void> {
  if (stoppedAt !== undefined) return;
  stoppedAt = performance.now();
  process.exitCode = exitCode;
  if (typeof reason === "string") console.error(reason);
  // An identity that is being created becomes known when its call ends.
  await settled(calls);
  await settled(Array.from(created.values(), (deleteIt) => deleteIt()));
  if (typeof reason !== "object") process.exit();
  // Node shows an error that nobody handles, with the line that threw it.
  for (const event of ["uncaughtException", "unhandledRejection"]) process.removeAllListeners(event);
  Promise.reject(reason.error);
}

function settled(promises: Iterable<Promise<unknown>>): Promise<unknown> {
  return Promise.race([Promise.allSettled(promises), delay(CLEANUP_LIMIT)]);
}

// Also gets the errors of `main`, which nobody catches.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") > 1) return; // The program has a handler of its own.
  stop(1, explainError(error, failures.has(error)) ?? { error });
});

// SIGBREAK is Ctrl-Break on Windows. The exit codes are those that a shell reports.
for (const [signal, exitCode] of Object.entries({ SIGINT: 130, SIGBREAK: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(signal, () => {
    if (process.listenerCount(signal) > 1) return; // The program has a handler of its own.
    if (stoppedAt !== undefined && performance.now() - stoppedAt > SAME_CTRL_C) process.exit();
    stop(exitCode, "Interrupted. Deleting what was created, in up to 20 seconds. Another Ctrl-C ends it at once.");
  });
}

process.stdout.on("error", ({ code, message, syscall }: NodeJS.ErrnoException) => {
  // A reader that has seen enough, as in `npm start | head -1`, is no failure.
  if (code === "EPIPE") stop(0);
  else if (syscall === "write") stop(1, `Could not write the output: ${message}`);
});
process.stderr.on("error", () => {});

process.on("exit", (exitCode) => {
  if ((stoppedAt !== undefined || exitCode !== 0) && created.size > 0) {
    const ids = [...created.keys()].join(" ");
    console.error(`May still be in your resource, for you to delete (README.md says how): ${ids}`);
  }
  if (uncertainCreations > 0) {
    console.error("The service may hold an identity with an unknown ID: a request to create one did not succeed.");
  }
});
