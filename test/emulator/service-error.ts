/** An error that the service responds with. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  readonly target: string | undefined;

  constructor(status: number, code: string, message: string, target?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.target = target;
  }
}

/** 400 `ValidationError`: the service does not accept what the request's body says about the target. */
export function validationError(message: string, target: string): ServiceError {
  return new ServiceError(400, "ValidationError", message, target);
}

/** The error's response, in the form that all of the service's errors have. */
export function toResponse({ status, code, message, target }: ServiceError): Response {
  return Response.json({ error: { code, message, target } }, { status });
}
