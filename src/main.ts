// The SDK's client, with the BYODI calls of its preview.
import { CommunicationIdentityClient } from "./communication-identity-preview.ts";
import { readConnectionString } from "./connection-string.ts";
// What surrounds the steps: a time limit for each call, Ctrl-C, the deletes, and messages for errors.
import { clientOptions, deleteEach, run, untilStopped } from "./run.ts";

async function main(): Promise<void> {
  // COMMUNICATION_SERVICES_CONNECTION_STRING is in the environment or in .env, never in code: it holds an access key.
  const client = new CommunicationIdentityClient(readConnectionString(), clientOptions);
  // The IDs of the identities that step 5 deletes. It deletes no others.
  const created = new Set<string>();

  try {
    await untilStopped(async () => {
      console.log("Azure Communication Services - Durable Identities BYODI Quickstart\n");

      // 1. Create a standard identity. Each call makes a new one: you have to store which of your users it belongs to.
      const standardUser = await client.createUser();
      created.add(standardUser.communicationUserId);
      console.log(`Created a standard identity with ID: ${standardUser.communicationUserId}\n`);

      // 2. Create a BYODI identity: pass your own ID for the user, and the service stores it with the identity. So an
      // internal ID is a better choice than an email address. It has 1 to 256 characters, and case counts.
      const customId = "alice@contoso.com";
      const user = await client.createUser({ customId });
      created.add(user.communicationUserId);
      const detail = await client.getUserDetail(user);
      console.log(`User ID: ${user.communicationUserId}`);
      console.log(`Custom ID: ${detail.customId ?? "(none)"}\n`);

      // 3. Do it again with the same custom ID. No second identity is created: the call returns the one that you have.
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

      // 4. Issue an access token. Anyone with accessToken.token can chat as this user until it expires: don't print it.
      const accessToken = await client.getToken(user, ["chat"]);
      console.log("Issued access token with 'chat' scope:");
      console.log(`Token expires at: ${formatTime(accessToken.expiresOn)}\n`);

      // Add your own steps here. To have step 5 delete an identity, add its ID to `created`.
    });
  } finally {
    // 5. Delete the identities and their access tokens, also after an error or Ctrl-C.
    await deleteEach(created, (communicationUserId) => client.deleteUser({ communicationUserId }));
  }
  if (created.size === 0) console.log("Deleted identities.");
}

/** Formats a time in UTC as the C# sample prints it, for example `6/13/2025 5:49:30 PM +00:00`. */
function formatTime(time: Date): string {
  const date = `${time.getUTCMonth() + 1}/${time.getUTCDate()}/${time.getUTCFullYear()}`;
  const hour = time.getUTCHours();
  const minutesAndSeconds = time.toISOString().slice(14, 19);
  return `${date} ${hour % 12 || 12}:${minutesAndSeconds} ${hour < 12 ? "AM" : "PM"} +00:00`;
}

// With Node's limit of 10 frames, an error from the depths of the SDK wouldn't name the line in this file.
Error.stackTraceLimit = 50;
run(main);
