import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FullOperationResponse } from "@azure/core-client";
import { clientOptions } from "../../src/run.ts";
import { clientOf } from "../support/test-client.ts";
import { test } from "../support/test-emulator.ts";

test("clientOptions keep nothing of a call that has ended", async (emulator) => {
  const client = clientOf(emulator, clientOptions);
  const requests: WeakRef<object>[] = [];
  const onResponse = ({ request }: FullOperationResponse) => requests.push(new WeakRef(request));
  for (let call = 0; call < 20; call++) await client.createUser({ onResponse });
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  await nextTurn();
  collectGarbage();
  // The connection may keep its last request.
  assert.ok(requests.filter((request) => request.deref()).length <= 2);
});
