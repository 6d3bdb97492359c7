import { randomUUID } from "node:crypto";
import { ServiceError } from "./service-error";

/** The resource that the emulator stands in for. Its identities' IDs begin with it, and its tokens name it. */
export const RESOURCE_ID = "b0d1b0d1-0000-4000-8000-00000000acce";

/** An identity, as the service keeps it. */
export interface Identity {
  readonly id: string;
  readonly customId?: string;
  lastTokenIssuedAt?: Date;
}

/** The resource's identities, in memory. */
export class Identities {
  readonly #byId = new Map<string, Identity>();
  readonly #byCustomId = new Map<string, Identity>();

  /** How many there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** The IDs of all. */
  [Symbol.iterator](): Iterator<string> {
    return this.#byId.keys();
  }

  /** Creates an identity, or returns the one that has this very custom ID: the service compares them exactly. */
  create(customId?: string): Identity {
    if (customId === undefined) return this.#add({ id: newId() });
    const existing = this.#byCustomId.get(customId);
    if (existing) return existing;
    const identity = this.#add({ id: newId(), customId });
    this.#byCustomId.set(customId, identity);
    return identity;
  }

  /** @throws ServiceError 401 `IdentityNotOwned` when the resource has no such identity. */
  get(id: string): Identity {
    const identity = this.#byId.get(id);
    if (identity) return identity;
    throw new ServiceError(401, "IdentityNotOwned", "Provided identity doesn't belong to the resource.");
  }

  /**
   * Deletes an identity. Its custom ID is free again (assumed: no recording shows it).
   *
   * @throws ServiceError 401 `IdentityNotOwned` when the resource has no such identity.
   */
  delete(id: string): void {
    const { customId } = this.get(id);
    this.#byId.delete(id);
    if (customId !== undefined) this.#byCustomId.delete(customId);
  }

  #add(identity: Identity): Identity {
    this.#byId.set(identity.id, identity);
    return identity;
  }
}

function newId(): string {
  return `8:acs:${RESOURCE_ID}_${randomUUID()}`;
}
