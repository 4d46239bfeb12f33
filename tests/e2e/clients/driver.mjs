// Asks through claviger.mjs what each line of JSON says, and writes what came of it as a line of JSON.

import { createInterface } from "node:readline";

import { Client, Refused } from "./claviger.mjs";

const client = new Client({ timeoutMs: Number(process.argv[2]) });
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let outcome;
  try {
    outcome = { granted: await client[asked.method](...asked.arguments) };
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const { name: kind, code, status, message, retryAfterMs: retry_after_ms = null } = refused;
    outcome = { kind, code, status, message, retry_after_ms };
  }
  console.log(JSON.stringify(outcome));
}
