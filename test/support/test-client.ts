import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { CommunicationIdentityClient } from "../../src/communication-identity-preview.ts";
import type { Emulator } from "../emulator/emulator.ts";

export { CommunicationIdentityClient };

// The SDK in this process must not look for its emulator behind a proxy.
for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];

/** A client in this process that uses an emulator. */
export function clientOf({ connectionString, ca }: Emulator, options: CommunicationIdentityClientOptions = {}) {
  return new CommunicationIdentityClient(connectionString, { tlsOptions: { ca }, ...options });
}
