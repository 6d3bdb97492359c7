import { randomUUID } from "node:crypto";
import { errors } from "./errors.ts";

/** The emulated resource. Its identities' IDs begin with it, and its tokens name it. */
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
  readonly #byCustomId = new Map<string, Identity>();

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
    const existing = customId === undefined ? undefined : this.#byCustomId.get(customId);
    if (existing) return existing;
    // The service's IDs have these eight digits in the same place.
    const identity = { id: `8:acs:${RESOURCE_ID}_00000028${randomUUID().slice(8)}`, customId };
    this.#byId.set(identity.id, identity);
    if (customId !== undefined) this.#byCustomId.set(customId, identity);
    return identity;
  }

  /** @throws HTTPException 401 `IdentityNotOwned` if the resource doesn't have the identity. */
  get(id: string): Identity {
    const identity = this.#byId.get(id);
    if (identity) return identity;
    // One of this resource's own IDs: it was deleted, or an emulator that has ended created it.
    throw id.startsWith(`8:acs:${RESOURCE_ID}_`) ? errors.deleted() : errors.notOwned();
  }

  /**
   * Deletes an identity and frees its custom ID (assumed).
   *
   * @throws HTTPException 401 `IdentityNotOwned` if the resource doesn't have the identity.
   */
  delete(id: string): void {
    const { customId } = this.get(id);
    this.#byId.delete(id);
    if (customId !== undefined) this.#byCustomId.delete(customId);
  }
}
