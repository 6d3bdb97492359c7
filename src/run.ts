import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { format } from "node:util";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { isRestError, type PipelineRequest, type SendRequest } from "@azure/core-rest-pipeline";
import { explainError, nameCall, PlainError, requestOf } from "./explain-error.ts";

// Importing this file changes nothing. main.ts calls what it needs from here.

/** How long a call may take, including retries, in milliseconds. */
const CALL_LIMIT = 60_000;
/** The same after the steps have failed or were stopped. In milliseconds. */
const LAST_CALL_LIMIT = 10_000;
/** npm passes Ctrl-C on, so it arrives twice: a second one within this time is the same one. In milliseconds. */
const SAME_CTRL_C = 1000;
const BUSY = "The service may be busy or limiting requests (429). Check the endpoint and your network, and try again.";

/** What `untilStopped` throws if something other than the steps stops them. By then, the reason has been printed. */
const STOPPED = new PlainError("The steps were stopped.");
/** Stops the steps. */
const stop = new AbortController();
/** For the calls that the steps make: a signal that is aborted when the steps have failed or were stopped. */
const ofSteps = new AsyncLocalStorage<AbortSignal>();
/** The calls in progress. */
const calls = new Set<Promise<unknown>>();
let callLimit = CALL_LIMIT;

/** Limits the time of each call that has no `abortSignal`. Steps that have failed or were stopped send only deletes. */
export const clientOptions: CommunicationIdentityClientOptions = {
  additionalPolicies: [{ position: "perCall", policy: { name: "quickstart", sendRequest } }],
};

async function sendRequest(request: PipelineRequest, next: SendRequest) {
  // Such a call never ends: an error could end up in a `catch` of the steps, and they would go on.
  if (ofSteps.getStore()?.aborted && request.method !== "DELETE") return new Promise<never>(() => {});
  const call = request.abortSignal ? next(request) : sendInTime(request, next, callLimit);
  calls.add(call);
  call.catch((error) => isRestError(error) && requestOf.set(error, request));
  return call.finally(() => calls.delete(call));
}

async function sendInTime(request: PipelineRequest, next: SendRequest, limit: number) {
  const timeout = new AbortController();
  request.abortSignal = timeout.signal;
  // A broken proxy can leave a call that never ends, even when it's aborted.
  const timeUp = once(timeout.signal, "abort").then(() => {
    throw new PlainError(`${nameCall(request)} took longer than ${limit / 1000} seconds, including retries.\n${BUSY}`);
  });
  const timer = setTimeout(() => timeout.abort(), limit);
  return Promise.race([timeUp, next(request)]).finally(() => clearTimeout(timer));
}

/**
 * Runs the steps until they end, or until Ctrl-C, an uncaught error or a closed pipe stops them.
 *
 * @throws What the steps throw, or an error that says that they were stopped.
 */
export async function untilStopped(steps: () => Promise<void>): Promise<void> {
  if (stop.signal.aborted) throw await nextTurn(STOPPED); // There is no second try after Ctrl-C.
  callLimit = CALL_LIMIT;
  const failed = new AbortController();
  const stopped = once(stop.signal, "abort").then(() => Promise.reject(STOPPED));
  await listening(() => Promise.race([ofSteps.run(failed.signal, steps), stopped])).catch((error) => {
    failed.abort();
    callLimit = LAST_CALL_LIMIT;
    throw error;
  });
}

/**
 * Waits for the calls in progress, up to 10 seconds, and then deletes identities one after the other. If a delete fails,
 * the others are still deleted. Their IDs stay in the set and are printed, with the reason of the first failure.
 */
export function deleteEach(ids: Set<string>, deleteIdentity: (id: string) => Promise<void>): Promise<void> {
  return listening(async () => {
    // A call in progress may create an identity. Then its step adds the ID.
    const settled = Promise.allSettled(calls).then(nextTurn);
    if (calls.size > 0) await Promise.race([settled, delay(LAST_CALL_LIMIT, undefined, { ref: false })]);
    const failures: unknown[] = [];
    for (const id of ids) {
      try {
        await deleteIdentity(id);
        ids.delete(id);
      } catch (error) {
        // An identity that no longer exists needs no deletion.
        const { code, statusCode } = isRestError(error) ? error : {};
        if (code === "IdentityNotOwned" || (code && statusCode === 404)) ids.delete(id);
        else failures.push(error);
      }
    }
    if (failures.length === 0) return;
    console.error(`These identities may still exist (README.md says how to delete them):\n${[...ids].join("\n")}`);
    report(failures[0]);
  });
}

let depth = 0;

/** Listens for signals and uncaught errors while the steps or the deletes are in progress. */
async function listening(work: () => Promise<void>): Promise<void> {
  if (depth++ === 0 && !stop.signal.aborted) for (const [event, handler] of handlers) process.on(event, handler);
  try {
    await work();
  } finally {
    // After Ctrl-C, the process ends soon. Until then, npm's second one may arrive.
    if (--depth === 0 && !stop.signal.aborted) for (const [event, handler] of handlers) process.off(event, handler);
  }
}

const stopFor = (error: unknown) => {
  if (!stop.signal.aborted) report(error);
  stop.abort();
};

let interruptedAt: number | undefined;

const interrupt = (exitCode: number) => () => {
  if (interruptedAt && performance.now() - interruptedAt > SAME_CTRL_C) process.exit();
  interruptedAt ??= performance.now();
  process.exitCode = exitCode;
  stopFor(new PlainError("Interrupted. To quit without the cleanup, press Ctrl-C again."));
};

const handlers = Object.entries({
  // The exit codes that a shell reports. SIGBREAK is Ctrl-Break on Windows.
  ...{ SIGINT: interrupt(130), SIGBREAK: interrupt(130), SIGTERM: interrupt(143), SIGHUP: interrupt(129) },
  uncaughtException: stopFor,
  beforeExit: () => stopFor(new PlainError("The program waits for something that will never happen.")),
});

/**
 * Runs `main`. If it fails, prints the error and ends the process with exit code 1. If stdout can't be written, stops the
 * steps.
 */
export async function run(main: () => Promise<void>): Promise<void> {
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // A reader that has seen enough, as in `npm start | head -1`, isn't a failure.
    if (code !== "EPIPE") stopFor(new PlainError(`Could not write the output: ${message}`));
    stop.abort();
  });
  await main().catch((error) => {
    if (error !== STOPPED) report(error);
    process.exit(); // The steps may still wait for something.
  });
  if (stop.signal.aborted) process.exit();
}

/** Prints an error: in plain words if it's a failure of the service, the network or the configuration, else whole. */
function report(error: unknown): void {
  process.exitCode ||= 1;
  console.error(explainError(error) ?? format(error).replace(/accesskey=[^\s'"]+|eyJ[\w-]+\.[\w.-]+/gi, "(secret)"));
}
