import { config } from "dotenv";
import { CommunicationIdentityClient } from "./communication-identity-preview";
import { readConnectionString } from "./connection-string";
import { TidyRun } from "./tidy-run";

const tidyRun = new TidyRun(); // Explains errors, and deletes what a run that fails or is interrupted leaves behind.

async function main(): Promise<void> {
  // The connection string comes from the environment or from .env, never from code: it holds your resource's access key.
  config({ quiet: true });
  const connectionString = readConnectionString();
  const client = new CommunicationIdentityClient(connectionString, tidyRun.clientOptions);

  console.log("Azure Communication Services - Durable Identities BYODI Quickstart\n");

  // 1. Create a standard identity. Each call makes a new one: you have to store which of your users it belongs to.
  const standardUser = await client.createUser();
  console.log(`Created a standard identity with ID: ${standardUser.communicationUserId}\n`);

  // 2. Create a BYODI identity: pass your own ID for the user, and the service stores it with the identity.
  const customId = "alice@contoso.com";
  const user = await client.createUser({ customId });
  const userDetail = await client.getUserDetail(user);
  console.log(`User ID: ${userDetail.user.communicationUserId}`);
  console.log(`Custom ID: ${userDetail.customId}\n`);

  // 3. Create it again with the same custom ID. It is not a second identity: the call returns the one that has it.
  const secondUser = await client.createUser({ customId });
  const secondUserDetail = await client.getUserDetail(secondUser);
  console.log(`User ID (second call): ${secondUserDetail.user.communicationUserId}`);
  console.log(`Custom ID (second call): ${secondUserDetail.customId}\n`);

  const sameIdentity = secondUser.communicationUserId === user.communicationUserId;
  if (sameIdentity) {
    console.log("Validation successful: Both identities have the same ID as expected.\n");
  } else {
    console.log("Validation failed: Identity IDs do not match!\n");
    process.exitCode = 1;
  }

  // 4. Issue an access token. Whoever holds it can chat as this user until it expires, so it is not printed.
  const { expiresOn } = await client.getToken(user, ["chat"]);
  console.log("Issued access token with 'chat' scope:");
  console.log(`Token expires at: ${formatTime(expiresOn)}\n`);

  // 5. Delete the identities, and with them their access tokens.
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

tidyRun.finish(main());
