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
import { type PipelinePolicy, RestError } from "@azure/core-rest-pipeline";

// Backports BYODI from `@azure/communication-identity` 1.4.0-beta.1 to 1.3.1: the same names, types and calls. To switch to
// the beta, delete this file and import from the package. Check for errors of the service with `isRestError()` from
// "@azure/core-rest-pipeline", not with `instanceof`.

// Together with the types below, everything that the beta exports.
export type * from "@azure/communication-identity";

/** The only API version of the Identity service with custom IDs and `GET /identities/{id}`. */
const PREVIEW_API_VERSION = "2025-03-02-preview";
/** How the SDK identifies itself in the user agent. */
const SDK = "azsdk-js-communication-identity/1.3.1";

/** Options to create an identity. */
export interface CreateUserOptions extends OperationOptions {
  /**
   * Your own ID for the user, 1 to 256 characters. The same custom ID returns the same identity until you delete it.
   *
   * Check it before the call: if it's `undefined`, for example because nobody has signed in, every call silently creates a
   * new standard identity.
   */
  customId?: string;
}

/** Options to create an identity and an access token. */
export interface CreateUserAndTokenOptions extends CreateUserOptions {
  /** How long the token is valid, in minutes: 60 to 1440. Default: 1440 (24 hours). */
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

/** The SDK's client with custom IDs. All its calls, including the inherited ones, use API version 2025-03-02-preview. */
export class CommunicationIdentityClient extends StableClient {
  // Not `#previewClient`: that couldn't be read through a `Proxy` around the client.
  private readonly previewClient: ServiceClient;

  /**
   * @param connectionString - The resource's connection string: `endpoint=https://…/;accesskey=…`.
   * @param options - The SDK's client options. They apply to all calls.
   * @throws Error if the connection string is malformed. The message can contain the access key: don't print it.
   */
  constructor(connectionString: string, options?: CommunicationIdentityClientOptions);
  /**
   * @param endpoint - The resource's endpoint: `https://<your-resource>.communication.azure.com`.
   * @param credential - The resource's access key, as `{ key }`.
   * @param options - The SDK's client options. They apply to all calls.
   */
  constructor(endpoint: string, credential: KeyCredential, options?: CommunicationIdentityClientOptions);
  /**
   * @param endpoint - The resource's endpoint: `https://<your-resource>.communication.azure.com`.
   * @param credential - A Microsoft Entra credential, such as `DefaultAzureCredential` of "@azure/identity".
   * @param options - The SDK's client options. They apply to all calls.
   */
  constructor(endpoint: string, credential: TokenCredential, options?: CommunicationIdentityClientOptions);
  constructor(
    connectionStringOrEndpoint: string,
    credentialOrOptions?: KeyCredential | TokenCredential | CommunicationIdentityClientOptions,
    maybeOptions?: CommunicationIdentityClientOptions,
  ) {
    const { url, credential } = parseClientArguments(connectionStringOrEndpoint, credentialOrOptions);
    const ownOptions = credential === credentialOrOptions ? maybeOptions : credentialOrOptions;
    const { additionalPolicies = [], ...options } = (ownOptions ?? {}) as CommunicationIdentityClientOptions;
    const previewOptions: CommunicationIdentityClientOptions = {
      ...options,
      additionalPolicies: [{ policy: previewPolicy, position: "perCall" }, ...additionalPolicies],
    };
    // The SDK accepts both kinds of credential, but each of its overloads accepts only one.
    super(url, credential as KeyCredential, previewOptions);

    // The inherited calls get the same user agent from the SDK.
    const userAgentOptions = { userAgentPrefix: `${options.userAgentOptions?.userAgentPrefix ?? ""} ${SDK}`.trim() };
    this.previewClient = new ServiceClient({ ...previewOptions, endpoint: url, userAgentOptions });
    this.previewClient.pipeline.addPolicy(createCommunicationAuthPolicy(credential));
  }

  /**
   * Creates an identity, or returns the one that already has this custom ID.
   *
   * @param options - The custom ID, and the options of every call. Without a custom ID, each call creates a new identity.
   * @returns The identity. The service responds with 201 whether it's new or not.
   * @throws RestError with the service's `statusCode`, `code` and `message`.
   */
  override async createUser(options: CreateUserOptions = {}): Promise<CommunicationUserIdentifier> {
    const body = options.customId === undefined ? undefined : { customId: options.customId };
    const { identity } = await this.previewClient.sendOperationRequest<Created>({ body, options }, createSpec);
    return { communicationUserId: identity.id };
  }

  /**
   * Creates an identity, or returns the one that already has this custom ID, and issues an access token for it.
   *
   * @param scopes - What the token allows, for example `["chat"]`. If empty, the result has no token, only the user.
   * @param options - The custom ID, the token's lifetime in minutes, and the options of every call.
   * @throws RestError with the service's `statusCode`, `code` and `message`.
   */
  override async createUserAndToken(
    scopes: TokenScope[],
    options: CreateUserAndTokenOptions = {},
  ): Promise<CommunicationUserToken> {
    const { customId, tokenExpiresInMinutes: expiresInMinutes } = options;
    const args = { body: { customId, createTokenWithScopes: scopes, expiresInMinutes }, options };
    const { identity, accessToken } = await this.previewClient.sendOperationRequest<Created>(args, createSpec);
    const expiresOn = accessToken?.expiresOn && new Date(accessToken.expiresOn);
    const token = accessToken && { token: accessToken.token, expiresOn };
    // The SDK's type doesn't say that the token may be missing.
    return { ...token, user: { communicationUserId: identity.id } } as CommunicationUserToken;
  }

  /**
   * Reads an identity's details.
   *
   * @param user - An identity of this resource.
   * @param options - The options of every call.
   * @throws RestError with the service's `statusCode`, `code` and `message`: 401 `IdentityNotOwned` if the resource doesn't
   * have the identity.
   */
  async getUserDetail(
    user: CommunicationUserIdentifier,
    options: OperationOptions = {},
  ): Promise<CommunicationUserDetail> {
    const args = { id: user.communicationUserId, options };
    const { id, customId, lastTokenIssuedAt } = await this.previewClient.sendOperationRequest<Identity>(args, getSpec);
    const detail: CommunicationUserDetail = { user: { communicationUserId: id } };
    if (customId) detail.customId = customId;
    if (lastTokenIssuedAt) detail.lastTokenIssuedAt = new Date(lastTokenIssuedAt);
    return detail;
  }
}

const previewPolicy: PipelinePolicy = {
  name: "previewPolicy",
  async sendRequest(request, next) {
    const url = new URL(request.url);
    url.searchParams.set("api-version", PREVIEW_API_VERSION);
    request.url = url.href;
    request.headers.set("accept", "application/json"); // As the SDK's own calls do.
    const response = await next(request);
    const isJson = response.bodyAsText && /json/i.test(response.headers.get("content-type") ?? "json");
    if (isJson || response.status === 204) return response;
    // For example the sign-in page of a proxy or of a hotel's network. The SDK would take it for an empty result.
    const details = { code: RestError.PARSE_ERROR, statusCode: response.status, request, response };
    throw new RestError("The response isn't the service's: it isn't JSON.", details);
  },
};

// The two operations and their JSON, from the service's OpenAPI description
// (Azure/azure-rest-api-specs, communication/data-plane/Identity, 2025-03-02-preview).

interface Identity {
  id: string;
  customId?: string;
  lastTokenIssuedAt?: string;
}

interface Created {
  identity: Identity;
  accessToken?: { token: string; expiresOn: string };
}

const response = { bodyMapper: { type: { name: "any" } } } as const;
const common = { responses: { 200: response, 201: response, default: response }, serializer: createSerializer() };

const createSpec: OperationSpec = {
  ...common,
  path: "/identities",
  httpMethod: "POST",
  contentType: "application/json",
  requestBody: { parameterPath: "body", mapper: response.bodyMapper },
};

const getSpec: OperationSpec = {
  ...common,
  path: "/identities/{id}",
  httpMethod: "GET",
  urlParameters: [{ parameterPath: "id", mapper: { serializedName: "id", required: true, type: { name: "String" } } }],
};
