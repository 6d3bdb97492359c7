import { CommunicationIdentityClient } from "./communication-identity-preview.ts"; // The SDK's client, with BYODI.
import { readConnectionString } from "./configuration.ts";
import { clientOptions, deleteEach, report, run } from "./run.ts"; // Time limits, Ctrl-C, cleanup and messages.

async function steps(client: CommunicationIdentityClient, created: Set<string>): Promise<void> {
  console.log("Azure Communication Services - Durable Identities BYODI Quickstart\n");

  // 1. Create a standard identity. Each call creates a new one: you have to store which of your users it belongs to.
  const standardUser = await client.createUser();
  created.add(standardUser.communicationUserId);
  console.log(`Created a standard identity with ID: ${standardUser.communicationUserId}\n`);

  // 2. Create a BYODI identity: pass your own ID for the user, with 1 to 256 characters. The service stores it with the
  // identity, so an internal ID is a better choice than an email address. (Microsoft's sample uses one, and so does this.)
  const customId = "alice@contoso.com";
  const user = await client.createUser({ customId });
  created.add(user.communicationUserId);
  const detail = await client.getUserDetail(user);
  console.log(`User ID: ${user.communicationUserId}`);
  console.log(`Custom ID: ${detail.customId ?? "(none)"}\n`);

  // 3. Do it again with the same custom ID. This doesn't create a second identity: it returns the one from step 2.
  const secondUser = await client.createUser({ customId });
  created.add(secondUser.communicationUserId);
  const secondDetail = await client.getUserDetail(secondUser);
  console.log(`User ID (second call): ${secondUser.communicationUserId}`);
  console.log(`Custom ID (second call): ${secondDetail.customId ?? "(none)"}\n`);

  if (secondUser.communicationUserId === user.communicationUserId) {
    console.log("Validation successful: Both identities have the same ID as expected.\n");
  } else {
    console.log("Validation failed: Identity IDs do not match!\n");
    process.exitCode = 1;
  }

  // 4. Issue an access token. Anyone who has it can chat as this user until it expires, so don't print it.
  const accessToken = await client.getToken(user, ["chat"]);
  console.log("Issued access token with 'chat' scope:");
  console.log(`Token expires at: ${formatTime(accessToken.expiresOn)}\n`);

  // Add your own steps here. Await what they start. To have step 5 delete an identity, add its ID to `created`.
}

async function main(): Promise<void> {
  // The connection string comes from the environment or from .env, never from code: it contains an access key.
  const client = new CommunicationIdentityClient(readConnectionString(), clientOptions);
  // The IDs of the identities that step 5 deletes. It deletes no others.
  const created = new Set<string>();
  await run(
    () => steps(client, created),
    // 5. Delete the identities and their access tokens, also after an error or Ctrl-C.
    () => deleteEach(created, (communicationUserId) => client.deleteUser({ communicationUserId })),
  );
  console.log("Deleted identities.");
}

/** Formats a time as the C# sample prints it: in UTC, for example `6/13/2025 5:49:30 PM +00:00`. */
function formatTime(time: Date): string {
  const [, year, month, day, hour, rest] = /^(\d+)-0?(\d+)-0?(\d+)T(\d+):(.{5})/.exec(time.toISOString()) ?? [];
  return `${month}/${day}/${year} ${Number(hour) % 12 || 12}:${rest} ${Number(hour) < 12 ? "AM" : "PM"} +00:00`;
}

// With Node's limit of 10 frames, the SDK's error about a wrong argument wouldn't name the line in this file.
Error.stackTraceLimit = 50;
main().catch(report);
