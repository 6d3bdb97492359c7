import { get } from "node:https";
import { constants } from "node:os";

// Stands in for a quickstart whose cleanup takes its time: it needs the emulator a while after the signal.
const endpoint = /endpoint=(.*?);/.exec(process.env.COMMUNICATION_SERVICES_CONNECTION_STRING ?? "")?.[1] ?? "";
const waiting = setInterval(() => {}, 1000);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    console.log(signal);
    clearInterval(waiting);
    process.on(signal, () => {});
    process.exitCode = 128 + constants.signals[signal];
    setTimeout(() => get(endpoint, ({ statusCode }) => console.log(`the emulator answers ${statusCode}`)), 500);
  });
}
console.log("ready");
