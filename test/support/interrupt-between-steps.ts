// Interrupts the quickstart when it has printed the result of its first step, and no request is in flight.
const log = console.log;
console.log = (...texts: unknown[]) => {
  log(...texts);
  if (String(texts[0]).startsWith("Created")) process.emit("SIGINT");
};
