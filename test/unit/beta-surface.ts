// Compiling this file is the test: the client has the public surface of `@azure/communication-identity` 1.4.0-beta.1, as
// that version's API report shows it (Azure/azure-sdk-for-js, review/communication-identity-node.api.md).
import type { CommunicationUserIdentifier } from "@azure/communication-common";
import type {
  CommunicationIdentityClientOptions,
  CommunicationUserToken,
  CommunicationIdentityClient as StableClient,
  TokenScope,
} from "@azure/communication-identity";
import type { KeyCredential, TokenCredential } from "@azure/core-auth";
import type { OperationOptions } from "@azure/core-client";
import * as preview from "../../src/communication-identity-preview.ts";

interface CreateUserOptions extends OperationOptions {
  customId?: string;
}

interface CreateUserAndTokenOptions extends OperationOptions {
  customId?: string;
  tokenExpiresInMinutes?: number;
}

interface CommunicationUserDetail {
  user: CommunicationUserIdentifier;
  customId?: string;
  lastTokenIssuedAt?: Date;
}

/** The calls that the stable version has, too, are the same. */
interface Client extends Omit<StableClient, "createUser" | "createUserAndToken"> {
  createUser(options?: CreateUserOptions): Promise<CommunicationUserIdentifier>;
  createUserAndToken(scopes: TokenScope[], options?: CreateUserAndTokenOptions): Promise<CommunicationUserToken>;
  getUserDetail(user: CommunicationUserIdentifier, options?: OperationOptions): Promise<CommunicationUserDetail>;
}

interface ClientClass {
  new (connectionString: string, options?: CommunicationIdentityClientOptions): Client;
  new (endpoint: string, credential: KeyCredential, options?: CommunicationIdentityClientOptions): Client;
  new (endpoint: string, credential: TokenCredential, options?: CommunicationIdentityClientOptions): Client;
}

/** The beta's options and results are ours, and the other way round. */
type Same<A, B> = [A, B] extends [B, A] ? true : never;
export const sameTypes: [
  Same<CreateUserOptions, preview.CreateUserOptions>,
  Same<CreateUserAndTokenOptions, preview.CreateUserAndTokenOptions>,
  Same<CommunicationUserDetail, preview.CommunicationUserDetail>,
] = [true, true, true];

export const client: ClientClass = preview.CommunicationIdentityClient;
