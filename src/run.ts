import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { format } from "node:util";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { isRestError, type PipelineRequest, type PipelineResponse, type SendRequest } from "@azure/core-rest-pipeline";
import { explainError, nameCall, PlainError } from "./explain-error.ts";

/** How long a call may take, including retries. */
const CALL_LIMIT_MS = 30_000;
/** npm passes Ctrl-C on, so it arrives twice. A second one within this time counts as the same. */
const SAME_CTRL_C_MS = 1000;
const BUSY = "The service may be busy or limiting requests (429). Check the endpoint and your network, and try again.";
/** What messages hide: access keys, also in the SDK's error about a malformed connection string, and tokens. */
const SECRETS = /(?<=Invalid (connection string|endpoint url) ).*|accesskey=[^\s'"<]+|\beyJ[\w.-]+/gi;

/** Aborted when the steps fail or have to stop. */
const stop = new AbortController();
const stopped = once(stop.signal, "abort");
/** Tells the calls of the steps from those of the cleanup. */
const inSteps = new AsyncLocalStorage<true>();
const callsInProgress = new Set<Promise<unknown>>();
let interruptedAt: number | undefined;

/** Limits the time of each call. Once the steps have failed or have to stop, their calls don't return, except deletes. */
export const clientOptions = {
  additionalPolicies: [{ position: "perCall", policy: { name: "quickstart", sendRequest } }],
} satisfies CommunicationIdentityClientOptions;

async function sendRequest(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
  // A call that never ends holds the steps back. With an error instead, a step could catch it and go on.
  if (stop.signal.aborted && inSteps.getStore() && request.method !== "DELETE") return new Promise<never>(() => {});
  const timeout = new AbortController();
  request.abortSignal ??= timeout.signal;
  // Behind a broken proxy, even an aborted call may never end, so this doesn't wait for it.
  const timeUp = once(timeout.signal, "abort").then(() => {
    const limit = `${CALL_LIMIT_MS / 1000} seconds, including retries`;
    throw new PlainError(`${nameCall(request)} took longer than ${limit}.\n${BUSY}`);
  });
  const timer = setTimeout(() => timeout.abort(), CALL_LIMIT_MS);
  const call: Promise<PipelineResponse> = Promise.race([timeUp, next(request)]).finally(() => {
    clearTimeout(timer);
    callsInProgress.delete(call);
  });
  callsInProgress.add(call);
  return call;
}

/**
 * Runs the steps and then the cleanup, also if a step fails, after Ctrl-C or an uncaught error, and if the output can't be
 * written. In these cases, and if the cleanup fails, it then ends the process: code after it doesn't run, not even a `catch`.
 * Don't call it in the steps of another one, which could end the process before the other's cleanup.
 */
export async function run(steps: () => Promise<void>, cleanUp: () => Promise<void>): Promise<void> {
  for (const [event, handler] of handlers) process.on(event, handler);
  // This one stays: more output may follow.
  process.stdout.off("error", outputFailed).on("error", outputFailed);
  await Promise.race([inSteps.run(true, async () => steps()), stopped]).catch(fail);
  const end = performance.now() + CALL_LIMIT_MS;
  do {
    // A call in progress may create an identity, whose ID its step then records. (If there are none, don't wait even a turn:
    // a delete sent from `setImmediate` frees its connection late, and the next one opens another.)
    if (callsInProgress.size > 0) await Promise.allSettled(callsInProgress).then(nextTurn);
    await Promise.resolve().then(cleanUp).catch(fail);
    // Steps that nobody awaits may have gone on. (Not for ever: a server among them may never stop making calls.)
  } while (callsInProgress.size > 0 && performance.now() < end);
  if (stop.signal.aborted) process.exit(); // The steps may still wait for something.
  for (const [event, handler] of handlers) process.off(event, handler);
}

/**
 * Deletes identities one after the other and removes their IDs from the set. If a delete fails, the others are still
 * deleted, and the IDs that are left are printed.
 *
 * @throws The error of the first delete that fails.
 */
export async function deleteEach(ids: Set<string>, deleteIdentity: (id: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  let deleted = 0;
  for (const id of ids) {
    try {
      await deleteIdentity(id);
      deleted++;
      ids.delete(id);
    } catch (error) {
      const { code, statusCode } = isRestError(error) ? error : {};
      // An identity that no longer exists needs no deletion. (Anything but an identity's ID in the set is a mistake.)
      if (/^8:/.test(id) && (code === "IdentityNotOwned" || (code && statusCode === 404))) ids.delete(id);
      else failures.push(error);
    }
  }
  const count = deleted + ids.size;
  if (stop.signal.aborted && process.exitCode && count > 0) console.error(`Deleted ${deleted} of ${count} identities.`);
  if (failures.length === 0) return;
  console.error(`These identities may still exist (README.md says how to delete them):\n${[...ids].join("\n")}`);
  throw failures[0];
}

/** Prints an error in plain words if it's a failure of the service, the network or the configuration, else whole. */
export function report(error: unknown): void {
  process.exitCode ||= 1;
  console.error((explainError(error) ?? format(error)).replace(SECRETS, "(secret)"));
}

function fail(error: unknown): void {
  report(error);
  stop.abort();
}

function outputFailed({ code, message }: NodeJS.ErrnoException): void {
  // A reader that has seen enough, as in `npm start | head -1`, isn't a failure.
  if (code !== "EPIPE" && !stop.signal.aborted) report(new PlainError(`Could not write the output: ${message}`));
  stop.abort();
}

const interruptWith = (exitCode: number) => () => {
  // Only Ctrl-C quits. A terminal that is closed afterwards must not cut the cleanup short.
  if (exitCode === 130 && interruptedAt && performance.now() - interruptedAt > SAME_CTRL_C_MS) process.exit();
  if (!interruptedAt) console.error("Interrupted. To quit without the cleanup, press Ctrl-C again.");
  interruptedAt ??= performance.now();
  process.exitCode = exitCode;
  stop.abort();
};

const handlers = Object.entries({
  SIGINT: interruptWith(130),
  SIGBREAK: interruptWith(130), // Ctrl-Break on Windows.
  SIGTERM: interruptWith(143),
  SIGHUP: interruptWith(129),
  uncaughtException: (error: unknown) => stop.signal.aborted || fail(error), // After a stop, the steps' errors are no news.
  beforeExit: () =>
    fail(new PlainError("The program is waiting for something that will never happen. (Has its input ended?)")),
});
