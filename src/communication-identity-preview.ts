import {
  type CommunicationUserIdentifier,
  createCommunicationAuthPolicy,
  parseClientArguments,
} from "@azure/communication-common";
import {
  type CommunicationIdentityClientOptions,
  CommunicationIdentityClient as StableClient,
} from "@azure/communication-identity";
import {
  type CompositeMapper,
  createSerializer,
  type OperationOptions,
  type OperationSpec,
  ServiceClient,
} from "@azure/core-client";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";

// `@azure/communication-identity` has BYODI from version 1.4.0-beta.1 on. This module adds to 1.3.1 what that beta adds
// and the quickstart calls, under the beta's names. With the beta installed, delete this file and import
// `CommunicationIdentityClient` from "@azure/communication-identity".

/** The only API version of the Identity service that has custom IDs and `GET /identities/{id}`. */
const PREVIEW_API_VERSION = "2025-03-02-preview";

/** Options to create an identity. As in `@azure/communication-identity` 1.4.0-beta.1. */
export interface CreateUserOptions extends OperationOptions {
  /** Your own name for the identity, 1 to 256 characters. The same custom ID always gives the same identity. */
  customId?: string;
}

/** What the service knows of an identity. As in `@azure/communication-identity` 1.4.0-beta.1. */
export interface CommunicationUserDetail {
  /** The identity. */
  user: CommunicationUserIdentifier;
  /** The custom ID that the identity was created with, if it was created with one. */
  customId?: string;
  /** When an access token was last issued for the identity, to the second, if one ever was. */
  lastTokenIssuedAt?: Date;
}

/**
 * The SDK's client, for a connection string, with the BYODI calls of its 1.4.0-beta.1. All calls, the inherited ones
 * included, ask for API version 2025-03-02-preview: an identity with a custom ID is then the same identity to each.
 */
export class CommunicationIdentityClient extends StableClient {
  readonly #previewCalls: ServiceClient;

  /**
   * @param connectionString - The resource's connection string: `endpoint=https://…/;accesskey=…`.
   * @param options - The SDK's own client options; they hold for the BYODI calls too.
   * @throws Error when the connection string is malformed. Its message quotes the connection string, access key and
   * all: do not print it.
   */
  constructor(connectionString: string, options: CommunicationIdentityClientOptions = {}) {
    const previewOptions: CommunicationIdentityClientOptions = {
      ...options,
      additionalPolicies: [
        { policy: previewApiVersionPolicy, position: "perCall" },
        ...(options.additionalPolicies ?? []),
      ],
    };
    super(connectionString, previewOptions);

    const { url, credential } = parseClientArguments(connectionString);
    const ownPrefix = options.userAgentOptions?.userAgentPrefix;
    const sdkPrefix = "azsdk-js-communication-identity/1.3.1";
    this.#previewCalls = new ServiceClient({
      ...previewOptions,
      endpoint: url,
      userAgentOptions: { userAgentPrefix: ownPrefix ? `${ownPrefix} ${sdkPrefix}` : sdkPrefix },
    });
    this.#previewCalls.pipeline.addPolicy(createCommunicationAuthPolicy(credential));
  }

  /**
   * Creates an identity. With a custom ID that the resource has seen before, it returns the identity that has it.
   *
   * @param options - `customId`, and the options that all calls take.
   * @returns The identity, new or not: the service answers 201 for both.
   * @throws RestError with the service's `statusCode`, `code` and `message`.
   */
  override async createUser(options: CreateUserOptions = {}): Promise<CommunicationUserIdentifier> {
    const { identity } = await this.#previewCalls.sendOperationRequest<{ identity: Identity }>({ options }, createSpec);
    return { communicationUserId: identity.id };
  }

  /**
   * Reads an identity's details.
   *
   * @param user - An identity of this resource.
   * @param options - The options that all calls take.
   * @throws RestError with the service's `statusCode`, `code` and `message`: 401 `IdentityNotOwned` for an identity
   * that is not there.
   */
  async getUserDetail(
    user: CommunicationUserIdentifier,
    options: OperationOptions = {},
  ): Promise<CommunicationUserDetail> {
    const { id, customId, lastTokenIssuedAt } = await this.#previewCalls.sendOperationRequest<Identity>(
      { id: user.communicationUserId, options },
      getSpec,
    );
    return {
      user: { communicationUserId: id },
      ...(customId !== undefined && { customId }),
      ...(lastTokenIssuedAt !== undefined && { lastTokenIssuedAt }),
    };
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

// The two operations, in the form that the SDK's generated code has them, from the service's OpenAPI description
// (Azure/azure-rest-api-specs, communication/data-plane/Identity, 2025-03-02-preview).

interface Identity {
  id: string;
  customId?: string;
  lastTokenIssuedAt?: Date;
}

const identityMapper: CompositeMapper = {
  type: {
    name: "Composite",
    className: "CommunicationIdentity",
    modelProperties: {
      id: { serializedName: "id", required: true, type: { name: "String" } },
      customId: { serializedName: "customId", type: { name: "String" } },
      lastTokenIssuedAt: { serializedName: "lastTokenIssuedAt", type: { name: "DateTime" } },
    },
  },
};

const createdMapper: CompositeMapper = {
  serializedName: "CommunicationIdentityAccessTokenResult",
  type: {
    name: "Composite",
    className: "CommunicationIdentityAccessTokenResult",
    modelProperties: { identity: { ...identityMapper, serializedName: "identity" } },
  },
};

const createRequestMapper: CompositeMapper = {
  serializedName: "CommunicationIdentityCreateRequest",
  type: {
    name: "Composite",
    className: "CommunicationIdentityCreateRequest",
    modelProperties: { customId: { serializedName: "customId", type: { name: "String" } } },
  },
};

const errorMapper: CompositeMapper = {
  type: {
    name: "Composite",
    className: "CommunicationErrorResponse",
    modelProperties: { error: { serializedName: "error", type: { name: "any" } } },
  },
};

const serializer = createSerializer();

const accept = {
  parameterPath: "accept",
  mapper: {
    serializedName: "Accept",
    defaultValue: "application/json",
    isConstant: true,
    type: { name: "String" },
  },
} as const;

const createSpec: OperationSpec = {
  path: "/identities",
  httpMethod: "POST",
  contentType: "application/json",
  requestBody: {
    parameterPath: { customId: ["options", "customId"] },
    mapper: createRequestMapper,
  },
  headerParameters: [accept],
  responses: {
    200: { bodyMapper: createdMapper },
    201: { bodyMapper: createdMapper },
    default: { bodyMapper: errorMapper },
  },
  serializer,
};

const getSpec: OperationSpec = {
  path: "/identities/{id}",
  httpMethod: "GET",
  urlParameters: [
    {
      parameterPath: "id",
      mapper: { serializedName: "id", required: true, type: { name: "String" } },
    },
  ],
  headerParameters: [accept],
  responses: { 200: { bodyMapper: identityMapper }, default: { bodyMapper: errorMapper } },
  serializer,
};
