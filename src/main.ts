// The SDK's client, with the BYODI calls of its preview.
import { CommunicationIdentityClient } from "./communication-identity-preview.ts";
import { readConnectionString } from "./connection-string.ts";
// Explains errors. After a failure or Ctrl-C, it deletes what the steps have created. The steps work without it.
import { clientOptions } from "./tidy-run.ts";

async function main(): Promise<void> {
  // COMMUNICATION_SERVICES_CONNECTION_STRING is in the environment or in .env, never in code: it holds an access key.
  const connectionString = readConnectionString();
  const client = new CommunicationIdentityClient(connectionString, clientOptions);

  console.log("Azure Communication Services - Durable Identities BYODI Quickstart\n");

  // 1. Create a standard identity. Each call makes a new one: you have to store which of your users it belongs to.
  const standardUser = await client.createUser();
  console.log(`Created a standard identity with ID: ${standardUser.communicationUserId}\n`);

  // 2. Create a BYODI identity: pass your own ID for the user, and the service stores it with the identity.
  const customId = "alice@contoso.com";
  const user = await client.createUser({ customId });
  const detail = await client.getUserDetail(user);
  console.log(`User ID: ${user.communicationUserId}`);
  console.log(`Custom ID: ${detail.customId ?? "(none)"}\n`);

  // 3. Do it again with the same custom ID. No second identity is created: the call returns the one that you have.
  const secondUser = await client.createUser({ customId });
  const secondDetail = await client.getUserDetail(secondUser);
  console.log(`User ID (second call): ${secondUser.communicationUserId}`);
  console.log(`Custom ID (second call): ${secondDetail.customId ?? "(none)"}\n`);

  const sameIdentity = secondUser.communicationUserId === user.communicationUserId;
  if (sameIdentity) {
    console.log("Validation successful: Both identities have the same ID as expected.\n");
  } else {
    console.log("Validation failed: Identity IDs do not match!\n");
    process.exitCode = 1;
  }

  // 4. Issue an access token. Whoever holds accessToken.token can chat as this user until it expires: do not print it.
  const accessToken = await client.getToken(user, ["chat"]);
  console.log("Issued access token with 'chat' scope:");
  console.log(`Token expires at: ${formatTime(accessToken.expiresOn)}\n`);

  // 5. Delete the identities and their access tokens. If alice had an identity before this run, it was that one.
  await client.deleteUser(standardUser);
  await client.deleteUser(user);
  if (!sameIdentity) await client.deleteUser(secondUser);
  console.log("Deleted identities.");
}

/** Formats a time in UTC as the C# sample prints it, for example `6/13/2025 5:49:30 PM +00:00`. */
function formatTime(time: Date): string {
  const date = `${time.getUTCMonth() + 1}/${time.getUTCDate()}/${time.getUTCFullYear()}`;
  const hour = time.getUTCHours();
  const minutesAndSeconds = time.toISOString().slice(14, 19);
  return `${date} ${hour % 12 || 12}:${minutesAndSeconds} ${hour < 12 ? "AM" : "PM"} +00:00`;
}

main();
