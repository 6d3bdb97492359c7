import dns from "node:dns";

// What a name server answers for a name that does not exist, without asking one: tests leave the network alone.
const lookup = ((hostname: string, _options: unknown, callback: (error: Error) => void) => {
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: "ENOTFOUND", hostname });
  process.nextTick(callback, error);
}) as typeof dns.lookup;

dns.lookup = lookup;
