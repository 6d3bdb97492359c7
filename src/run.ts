import { once } from "node:events";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { isRestError, type PipelineRequest, type SendRequest } from "@azure/core-rest-pipeline";
import { explainError, nameCall, PlainError, requestOf } from "./explain-error.ts";

// What surrounds the steps. Importing this file changes nothing: main.ts calls each part of it.

/** How long a call may take while the steps run, including retries, in milliseconds. */
const CALL_LIMIT = 60_000;
/** How long a call may take after the steps have stopped, in milliseconds. */
const LAST_CALL_LIMIT = 10_000;
/** npm passes Ctrl-C on, so it arrives twice: a second one within this time is the same one. In milliseconds. */
const SAME_CTRL_C = 1000;
const NOTHING_LEFT = "The steps wait for something that will never happen, such as a response on a lost connection.";

/** Stops the steps. Only the first reason counts. */
const stop = new AbortController();
/** The reason to stop if there is nothing (more) to say. */
const QUIETLY = new PlainError("");
/** Whether the steps have begun and the deletes have not ended. */
let needsCleanup = false;
/** The calls in progress. */
const calls = new Set<Promise<unknown>>();

/** For a client whose calls have a time limit (unless they have an `abortSignal`) and stop when the steps do. */
export const clientOptions: CommunicationIdentityClientOptions = {
  additionalPolicies: [{ position: "perCall", policy: { name: "quickstart", sendRequest } }],
};

async function sendRequest(request: PipelineRequest, next: SendRequest) {
  // After the steps have stopped, only deletes are sent. An error here could end up in a `catch` of the steps.
  if (stop.signal.aborted && request.method !== "DELETE") return new Promise<never>(() => {});
  const call = request.abortSignal ? next(request) : sendInTime(request, next);
  calls.add(call);
  call.catch((error) => isRestError(error) && requestOf.set(error, request));
  return call.finally(() => calls.delete(call));
}

async function sendInTime(request: PipelineRequest, next: SendRequest) {
  const limit = stop.signal.aborted ? LAST_CALL_LIMIT : CALL_LIMIT;
  const timeout = new AbortController();
  request.abortSignal = timeout.signal;
  // A broken proxy can leave a call that never ends, even when it's aborted.
  const timeUp = once(timeout.signal, "abort").then(() => {
    throw new PlainError(
      `${nameCall(request)} took longer than ${limit / 1000} seconds, including retries.\n` +
        "The service may be busy or limiting requests (429). Check the endpoint and your network, and run it again.",
    );
  });
  const timer = setTimeout(() => timeout.abort(), limit);
  // If a call leaves the program nothing to wait for, `beforeExit` stops the steps at once.
  if (!stop.signal.aborted) timer.unref();
  return Promise.race([timeUp, next(request)]).finally(() => clearTimeout(timer));
}

/**
 * Waits until the steps end. An error, Ctrl-C or a closed pipe stops them early: then it waits for the calls in progress,
 * up to 10 seconds, since they may create an identity.
 *
 * @throws What stopped the steps.
 */
export async function untilStopped(steps: () => Promise<void>): Promise<void> {
  const stopped = once(stop.signal, "abort").then(() => Promise.reject(stop.signal.reason));
  needsCleanup = true;
  await Promise.race([steps(), stopped]).catch(async (error) => {
    stop.abort(error);
    await Promise.race([Promise.allSettled(calls), delay(LAST_CALL_LIMIT)]);
    await nextTurn(); // A step records what its call has created.
    throw error;
  });
}

/**
 * Deletes identities one after the other. If a delete fails, the others are still deleted.
 *
 * @throws The first failure, after the IDs of the identities that are left have been printed.
 */
export async function deleteEach(ids: Set<string>, deleteIdentity: (id: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const id of ids) {
    try {
      await deleteIdentity(id);
      ids.delete(id);
    } catch (error) {
      // An identity that no longer exists needs no deletion.
      if (isRestError(error) && (error.code === "IdentityNotOwned" || error.statusCode === 404)) ids.delete(id);
      else failures.push(error);
    }
  }
  needsCleanup = false;
  if (ids.size === 0) return;
  console.error(`These identities could not be deleted (README.md says what to do):\n${[...ids].join("\n")}`);
  throw failures[0];
}

/**
 * Runs `main`, prints its errors and sets the exit code. Until `main` ends, signals, errors that nobody catches and a
 * stdout that can't be written stop the steps.
 */
export async function run(main: () => Promise<void>): Promise<void> {
  let interruptedAt: number | undefined;
  const interrupt = (exitCode: number) => () => {
    if (interruptedAt === undefined) console.error("Interrupted. To quit without the cleanup, press Ctrl-C again.");
    else if (performance.now() - interruptedAt > SAME_CTRL_C) process.exit();
    interruptedAt ??= performance.now();
    process.exitCode ||= exitCode;
    stop.abort(QUIETLY);
  };
  const handlers = {
    // The exit codes that a shell reports. SIGBREAK is Ctrl-Break on Windows.
    ...{ SIGINT: interrupt(130), SIGBREAK: interrupt(130), SIGTERM: interrupt(143), SIGHUP: interrupt(129) },
    uncaughtException: (error: unknown) => stop.abort(error),
    beforeExit: () => stop.abort(new PlainError(NOTHING_LEFT)),
  };
  // A reader that has seen enough, as in `npm start | head -1`, isn't a failure.
  const cannotWrite = ({ code, message }: NodeJS.ErrnoException) =>
    stop.abort(code === "EPIPE" ? QUIETLY : new PlainError(`Could not write the output: ${message}`));

  for (const [event, handler] of Object.entries(handlers)) process.on(event, handler);
  process.stdout.on("error", cannotWrite);
  stop.signal.addEventListener("abort", () => {
    report(stop.signal.reason);
    if (!needsCleanup) process.exit();
  });
  await main().catch((error) => {
    if (stop.signal.aborted && error !== stop.signal.reason) report(error); // A delete failed, too.
    stop.abort(error);
  });
  if (stop.signal.aborted) process.exit(); // The steps may be waiting for something that never happens.
  await new Promise((resolve) => process.stdout.write("", resolve));
  for (const [event, handler] of Object.entries(handlers)) process.off(event, handler);
  process.stdout.off("error", cannotWrite);
}

/** Prints an error: in plain words if it's a failure of the service, the network or the configuration, else whole. */
function report(error: unknown): void {
  if (error === QUIETLY) return;
  console.error(explainError(error) ?? error);
  process.exitCode ||= 1;
}
