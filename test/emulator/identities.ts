import { randomUUID } from "node:crypto";
import { ServiceError } from "./service-error.ts";

/** The emulated resource. Its identities' IDs begin with this, and its tokens name it. */
export const RESOURCE_ID = "b0d1b0d1-0000-4000-8000-00000000acce";

/** An identity, as the service stores it. */
export interface Identity {
  readonly id: string;
  readonly customId: string | undefined;
  lastTokenIssuedAt?: Date;
}

/** The resource's identities, in memory. */
export class Identities {
  readonly #byId = new Map<string, Identity>();

  /** The number of identities. */
  get size(): number {
    return this.#byId.size;
  }

  /** All identities' IDs. */
  [Symbol.iterator](): Iterator<string> {
    return this.#byId.keys();
  }

  /** Creates an identity, or returns the one with this custom ID. Custom IDs are compared exactly. */
  create(customId?: string): Identity {
    const existing = customId !== undefined && [...this.#byId.values()].find((other) => other.customId === customId);
    if (existing) return existing;
    const identity = { id: `8:acs:${RESOURCE_ID}_${randomUUID()}`, customId };
    this.#byId.set(identity.id, identity);
    return identity;
  }

  /** @throws ServiceError 401 `IdentityNotOwned` if the resource has no such identity. */
  get(id: string): Identity {
    const identity = this.#byId.get(id);
    if (identity) return identity;
    throw new ServiceError(401, "IdentityNotOwned", "Provided identity doesn't belong to the resource.");
  }

  /**
   * Deletes an identity. Then its custom ID is free again (assumed).
   *
   * @throws ServiceError 401 `IdentityNotOwned` if the resource has no such identity.
   */
  delete(id: string): void {
    this.#byId.delete(this.get(id).id);
  }
}
