import { constants } from "node:os";
import type { CommunicationIdentityClient, CommunicationIdentityClientOptions } from "@azure/communication-identity";
import {
  isRestError,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
  type SendRequest,
} from "@azure/core-rest-pipeline";
import { checkAnswer, isText, readAnswer } from "./answer";
import { readConnectionString } from "./connection-string";
import { explainError } from "./explain-error";

/** How long one try of a request may take, in milliseconds. */
const TRY_LIMIT = 10_000;
/** How long the SDK may wait between two tries, in milliseconds: a busy service may ask for hours. */
const WAIT_LIMIT = 20_000;
/** How long the cleanup may take in all, in milliseconds. */
const CLEANUP_LIMIT = 10_000;

/** The client of which one is made for the cleanup. */
type ClientClass = new (
  connectionString: string,
  options: CommunicationIdentityClientOptions,
) => Pick<CommunicationIdentityClient, "deleteUser">;

/**
 * Keeps a run of the quickstart tidy without a line between its steps. It watches the client's requests: so it knows an
 * identity even when the step that creates it fails or is interrupted, limits how long a request may take, and deletes
 * what is left however the run ends.
 */
export class TidyRun {
  /** For the client whose requests are to be watched. Time limits take the place of a call's own `abortSignal`. */
  readonly clientOptions: CommunicationIdentityClientOptions = {
    additionalPolicies: [
      {
        // Each try, not each call: an answer is then seen even when the SDK gives up on the call.
        position: "perRetry",
        policy: { name: "tidyRun", sendRequest: (request, next) => this.#send(request, next) },
      },
    ],
  };

  /** IDs of the identities that were created and are not known to be deleted. */
  readonly #remaining = new Set<string>();
  /** IDs of the identities that a delete was sent for. */
  readonly #deleteSent = new Set<string>();
  readonly #interrupt = new AbortController();
  readonly #ClientClass: ClientClass;
  #cleanupLimit: AbortSignal | undefined;
  #isTold = false;
  #mayHaveCreated = false;

  constructor(clientClass: ClientClass) {
    this.#ClientClass = clientClass;
    // A reader that goes away (`npm start | head -1`) must not end the run before its cleanup.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        // npm relays a signal that the terminal has sent to the quickstart too: one Ctrl-C may arrive more than once.
        if (this.#interrupt.signal.aborted) return;
        process.exitCode = 128 + constants.signals[signal];
        this.#isTold = true;
        console.error("Interrupted. Deleting what was created: this can take up to 20 seconds.");
        this.#interrupt.abort();
      });
    }
    // What no promise reports, such as the error of a socket that the SDK's proxy agent has lost sight of.
    process.on("uncaughtException", (error) => {
      this.#fail(error);
      this.#interrupt.abort();
    });
  }

  /**
   * Waits for the run to end, explains its failure on stderr, deletes the identities that are left, and names those
   * that could not be deleted. Sets the exit code: 1 for a failure, 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
   */
  async finish(run: Promise<void>): Promise<void> {
    try {
      await run;
    } catch (error) {
      this.#fail(error);
    }
    await this.#deleteRemaining();
    // The process ends by itself, unless a broken proxy has left the SDK with a connection that nobody closes.
    setTimeout(() => process.exit(), 1000).unref();
  }

  /** Explains the first failure. Those that follow an interruption or another failure are its consequences. */
  #fail(error: unknown): void {
    if (!this.#isTold) console.error(explainError(error));
    this.#isTold = true;
    process.exitCode ??= 1;
  }

  /** All at once, so that one that fails or hangs does not hold up the others. */
  async #deleteRemaining(): Promise<void> {
    const { signal, timer } = timeLimit(CLEANUP_LIMIT);
    timer.unref();
    this.#cleanupLimit = signal;
    // A delete that failed is not sent again: the SDK has tried what could be tried, unless Ctrl-C has stopped it.
    const ids = [...this.#remaining].filter((id) => this.#interrupt.signal.aborted || !this.#deleteSent.has(id));
    if (ids.length > 0) {
      const client = new this.#ClientClass(readConnectionString(), this.clientOptions);
      await Promise.allSettled(ids.map((id) => client.deleteUser({ communicationUserId: id })));
    }
    if (this.#remaining.size > 0) {
      const left = [...this.#remaining].join(" ");
      console.error(`Still in your resource, for you to delete (README.md says how): ${left}`);
    } else if (this.#interrupt.signal.aborted && !this.#mayHaveCreated) {
      console.error("Nothing is left in your resource.");
    }
    if (this.#mayHaveCreated) {
      console.error(
        "The service may have created an identity all the same. Its ID is not known, since no answer came.",
      );
    }
  }

  async #send(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    const ended = this.#cleanupLimit ?? this.#interrupt.signal;
    ended.throwIfAborted();

    // Ctrl-C ends a wait for the next try, but not a try: an identity that is being created has to become known.
    const tryLimit = timeLimit(TRY_LIMIT);
    const tryEnd = AbortSignal.any([tryLimit.signal, ...(this.#cleanupLimit ? [this.#cleanupLimit] : [])]);
    request.abortSignal = tryEnd;
    try {
      // A race, since not every connection that a proxy has broken lets the SDK notice that it was aborted.
      return await Promise.race([this.#watch(request, next), rejectionOf(tryEnd)]);
    } catch (error) {
      if (tryEnd.aborted && request.method === "POST" && new URL(request.url).pathname === "/identities") {
        this.#mayHaveCreated = true;
      }
      tryEnd.throwIfAborted();
      // To the SDK an answer that breaks off is one that cannot be parsed. It is a lost connection: worth another try.
      if (isRestError(error) && error.statusCode === undefined && error.code === RestError.PARSE_ERROR) {
        error.code = "ECONNRESET";
      }
      throw error;
    } finally {
      clearTimeout(tryLimit.timer);
      const waitLimit = timeLimit(WAIT_LIMIT);
      waitLimit.timer.unref();
      request.abortSignal = AbortSignal.any([waitLimit.signal, ended]);
    }
  }

  async #watch(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    if (request.method !== "DELETE") {
      const response = await next(request);
      const answer = readAnswer(response);
      const id = answer.identity?.id;
      // Before the check, which may not accept the rest of the answer.
      if (response.status < 400 && isText(id)) this.#remaining.add(id);
      checkAnswer(response, answer);
      return response;
    }

    const id = decodeURIComponent(new URL(request.url).pathname.replace("/identities/", ""));
    const sentBefore = this.#deleteSent.has(id);
    this.#deleteSent.add(id);
    const response = await next(request);
    const answer = readAnswer(response);
    checkAnswer(response, answer);
    // A connection can break after the service has deleted the identity; the next try then finds that it is gone.
    const gone = sentBefore && answer.error?.code === "IdentityNotOwned";
    if (response.status !== 204 && !gone) return response;
    this.#remaining.delete(id);
    return { ...response, status: 204, bodyAsText: null };
  }
}

/** Like `AbortSignal.timeout`, which Node may collect as garbage while it is part of an `AbortSignal.any`. */
function timeLimit(milliseconds: number) {
  const controller = new AbortController();
  const reason = new DOMException(`no answer within ${milliseconds / 1000} seconds`, "TimeoutError");
  const timer = setTimeout(() => controller.abort(reason), milliseconds);
  return { signal: controller.signal, timer };
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}
