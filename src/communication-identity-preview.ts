import {
  type CommunicationUserIdentifier,
  createCommunicationAuthPolicy,
  parseClientArguments,
} from "@azure/communication-common";
import {
  type CommunicationIdentityClientOptions,
  type CommunicationUserToken,
  CommunicationIdentityClient as StableClient,
  type TokenScope,
} from "@azure/communication-identity";
import type { KeyCredential, TokenCredential } from "@azure/core-auth";
import { createSerializer, type OperationOptions, type OperationSpec, ServiceClient } from "@azure/core-client";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";

// BYODI exists in `@azure/communication-identity` 1.4.0-beta.1 only. This file adds what that beta has to the client of
// 1.3.1, under the beta's names. If you can install the beta, delete this file and import the client from the package.
//
// To use this file in a project of your own, copy it, and recognize the SDK's errors with `isRestError()` of
// "@azure/core-rest-pipeline" rather than with `instanceof`. Version 1.3.1 is CommonJS only: in an ES module, Node loads
// Azure's core libraries twice and opens two connections. To avoid that, save the file as `.cts` and run it with tsx, or
// compile it with tsc without `verbatimModuleSyntax`. To bundle it as an ES module, use `--packages=external` (esbuild).

/** The only API version of the Identity service that has custom IDs and `GET /identities/{id}`. */
const PREVIEW_API_VERSION = "2025-03-02-preview";

/** Options to create an identity. */
export interface CreateUserOptions extends OperationOptions {
  /** Your own ID for the user, 1 to 256 characters. The same custom ID always gives the same identity. */
  customId?: string;
}

/** Options to create an identity and an access token. */
export interface CreateUserAndTokenOptions extends CreateUserOptions {
  /** How long the token is valid, in minutes: 60 to 1440. The default is 1440, which is 24 hours. */
  tokenExpiresInMinutes?: number;
}

/** What the service knows about an identity. */
export interface CommunicationUserDetail {
  /** The identity. */
  user: CommunicationUserIdentifier;
  /** The custom ID that the identity was created with, if any. */
  customId?: string;
  /** When an access token was last issued for the identity, to the second, if ever. */
  lastTokenIssuedAt?: Date;
}

/** The SDK's client with custom IDs. All calls, the inherited ones included, use API version 2025-03-02-preview. */
export class CommunicationIdentityClient extends StableClient {
  readonly #previewClient: ServiceClient;

  /**
   * @param connectionString - The resource's connection string: `endpoint=https://…/;accesskey=…`.
   * @param options - The SDK's own client options. They hold for all calls.
   * @throws Error if the connection string is malformed. The message contains the access key: do not print it.
   */
  constructor(connectionString: string, options?: CommunicationIdentityClientOptions);
  /**
   * @param endpoint - The resource's endpoint: `https://<your-resource>.communication.azure.com`.
   * @param credential - The resource's access key, as `{ key }`.
   * @param options - The SDK's own client options. They hold for all calls.
   */
  constructor(endpoint: string, credential: KeyCredential, options?: CommunicationIdentityClientOptions);
  /**
   * @param endpoint - The resource's endpoint: `https://<your-resource>.communication.azure.com`.
   * @param credential - A Microsoft Entra credential, such as `DefaultAzureCredential` of "@azure/identity".
   * @param options - The SDK's own client options. They hold for all calls.
   */
  constructor(endpoint: string, credential: TokenCredential, options?: CommunicationIdentityClientOptions);
  constructor(
    connectionStringOrEndpoint: string,
    credentialOrOptions?: KeyCredential | TokenCredential | CommunicationIdentityClientOptions,
    maybeOptions?: CommunicationIdentityClientOptions,
  ) {
    const { url, credential } = parseClientArguments(connectionStringOrEndpoint, credentialOrOptions);
    const ownOptions = credential === credentialOrOptions ? maybeOptions : credentialOrOptions;
    const options = ownOptions as CommunicationIdentityClientOptions | undefined;
    const previewOptions: CommunicationIdentityClientOptions = {
      ...options,
      additionalPolicies: [
        { policy: previewApiVersionPolicy, position: "perCall" },
        ...(options?.additionalPolicies ?? []),
      ],
    };
    // The SDK takes either kind of credential, but its overloads take one kind each.
    super(url, credential as KeyCredential, previewOptions);
    this.#previewClient = new ServiceClient({ ...previewOptions, endpoint: url });
    this.#previewClient.pipeline.addPolicy(createCommunicationAuthPolicy(credential));
  }

  /**
   * Creates an identity. If the resource already has one with this custom ID, the service returns that one.
   *
   * @param options - The custom ID, and the options that every call takes.
   * @returns The identity. The service responds with 201 whether it is new or not.
   * @throws RestError with the service's `statusCode`, `code` and `message`.
   */
  override async createUser(options: CreateUserOptions = {}): Promise<CommunicationUserIdentifier> {
    const { identity } = await this.#create(options);
    return { communicationUserId: identity.id };
  }

  /**
   * Creates an identity and an access token for it in one request. With a custom ID, see `createUser`.
   *
   * @param scopes - What the token allows, for example `["chat"]`.
   * @param options - The custom ID, the token's lifetime in minutes, and the options that every call takes.
   * @throws RestError with the service's `statusCode`, `code` and `message`.
   */
  override async createUserAndToken(
    scopes: TokenScope[],
    options: CreateUserAndTokenOptions = {},
  ): Promise<CommunicationUserToken> {
    const { identity, accessToken } = await this.#create(options, scopes);
    const { token, expiresOn } = accessToken;
    return { token, expiresOn: new Date(expiresOn), user: { communicationUserId: identity.id } };
  }

  /**
   * Reads an identity's details.
   *
   * @param user - An identity of this resource.
   * @param options - The options that every call takes.
   * @throws RestError with the service's `statusCode`, `code` and `message`: 401 `IdentityNotOwned` if the resource has
   * no such identity.
   */
  async getUserDetail(
    user: CommunicationUserIdentifier,
    options: OperationOptions = {},
  ): Promise<CommunicationUserDetail> {
    const args = { id: user.communicationUserId, options };
    const { id, customId, lastTokenIssuedAt } = await this.#previewClient.sendOperationRequest<Identity>(args, getSpec);
    return {
      user: { communicationUserId: id },
      ...(customId !== undefined && { customId }),
      ...(lastTokenIssuedAt !== undefined && { lastTokenIssuedAt: new Date(lastTokenIssuedAt) }),
    };
  }

  #create(options: CreateUserAndTokenOptions, createTokenWithScopes?: TokenScope[]): Promise<Created> {
    const { customId, tokenExpiresInMinutes: expiresInMinutes } = options;
    const body = { customId, createTokenWithScopes, expiresInMinutes };
    return this.#previewClient.sendOperationRequest({ body, options }, createSpec);
  }
}

const previewApiVersionPolicy: PipelinePolicy = {
  name: "previewApiVersionPolicy",
  sendRequest(request, next) {
    const url = new URL(request.url);
    url.searchParams.set("api-version", PREVIEW_API_VERSION);
    request.url = url.href;
    return next(request);
  },
};

// The two operations and their JSON, from the service's OpenAPI description
// (Azure/azure-rest-api-specs, communication/data-plane/Identity, 2025-03-02-preview).

interface Identity {
  id: string;
  customId?: string;
  lastTokenIssuedAt?: string;
}

type Created = { identity: Identity; accessToken: { token: string; expiresOn: string } };

const json = { type: { name: "any" } } as const;
const responses = { 200: { bodyMapper: json }, 201: { bodyMapper: json }, default: { bodyMapper: json } };
const serializer = createSerializer();

const createSpec: OperationSpec = {
  path: "/identities",
  httpMethod: "POST",
  contentType: "application/json",
  requestBody: { parameterPath: "body", mapper: json },
  responses,
  serializer,
};

const getSpec: OperationSpec = {
  path: "/identities/{id}",
  httpMethod: "GET",
  urlParameters: [{ parameterPath: "id", mapper: { serializedName: "id", required: true, type: { name: "String" } } }],
  responses,
  serializer,
};
