/** Lines for `main.ts` that listen as popular libraries do. None of them may change how the quickstart ends. */
export const LIBRARIES = `
      // signal-exit, which ora and many other libraries load: ends the process if nobody else listens.
      for (const signal of ["SIGINT", "SIGTERM"]) {
        const listener = () => {
          if (process.listenerCount(signal) > 1) return;
          process.off(signal, listener);
          process.kill(process.pid, signal);
        };
        process.on(signal, listener);
      }
      // Sentry: ends the process if nobody else listens.
      process.on("uncaughtException", () => process.listenerCount("uncaughtException") === 1 && process.exit(7));
      // A logger.
      process.on("unhandledRejection", () => {});`;
