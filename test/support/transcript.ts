import assert from "node:assert/strict";

const SAMPLE = `Azure Communication Services - Durable Identities BYODI Quickstart

Created a standard identity with ID: <standard>

User ID: <byodi>
Custom ID: alice@contoso.com

User ID (second call): <byodi>
Custom ID (second call): alice@contoso.com

Validation successful: Both identities have the same ID as expected.

Issued access token with 'chat' scope:
Token expires at: <time>

Deleted identities.
`;

const patterns: Record<string, string> = {
  standard: "8:acs:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
  time: "(?:1[0-2]|[1-9])/(?:[12][0-9]|3[01]|[1-9])/20[0-9]{2} (?:1[0-2]|[1-9])(?::[0-5][0-9]){2} [AP]M \\+00:00",
};

/**
 * Checks that an output is the sample's, to the letter but for IDs and time.
 *
 * @returns The output's `standard` ID, `byodi` ID and expiry `time`.
 */
export function assertTranscript(stdout: string): { standard: string; byodi: string; time: string } {
  const met = new Set<string>();
  const pattern = SAMPLE.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/<(\w+)>/g, (_, name: string) => {
    if (met.has(name)) return `\\k<${name}>`;
    met.add(name);
    return `(?<${name}>${patterns[name] ?? patterns.standard})`;
  });
  const { standard = "", byodi = "", time = "" } = new RegExp(`^${pattern}$`).exec(stdout)?.groups ?? {};
  if (standard === "") assert.equal(stdout, SAMPLE);
  assert.notEqual(standard, byodi);
  return { standard, byodi, time };
}
