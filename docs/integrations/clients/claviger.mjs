#!/usr/bin/env node
/**
 * Asks a Claviger daemon whose a secret is and what it opens. One file, Node 18 or later, nothing else.
 *
 *     import { Client, Refused } from "./claviger.mjs";
 *
 *     const daemon = new Client();
 *     try {
 *       const verdict = await daemon.verify(secret, "everyday"); // without an account: daemon.verify(secret)
 *     } catch (refused) {
 *       if (!(refused instanceof Refused)) throw refused;
 *       return [refused.status, refused.code]; // `Busy` has a retryAfterMs as well
 *     }
 *
 * As a command: node claviger.mjs verify [--account ID] < key, or: node claviger.mjs visible < key
 *
 * A client keeps its connections. No verdict is kept.
 */

import { randomBytes } from "node:crypto";
import { existsSync, realpathSync } from "node:fs";
import { Agent, request } from "node:http";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Not granted. `code` and `status` are those of the protocol. */
export class Refused extends Error {
  constructor(code, status, message, retryAfterMs) {
    super(message);
    Object.assign(this, { name: new.target.name, code, status, retryAfterMs });
  }
}

/** The secret is no living key's. */
export class Unauthorized extends Refused {}

/** The secret is right, but Storage Mode is off. */
export class StorageModeRequired extends Refused {}

/** The account is out of the key's scope, or there is none: nobody can tell which. */
export class NotFound extends Refused {}

/** The daemon has too much to do: ask again in `retryAfterMs`. */
export class Busy extends Refused {}

/** Nobody could be asked, or what answered was not understood. */
export class Unreachable extends Refused {
  constructor(message) {
    super("UNREACHABLE", 503, message);
  }
}

const KINDS = new Map([
  ["UNAUTHORIZED", Unauthorized],
  ["STORAGE_MODE_REQUIRED", StorageModeRequired],
  ["NOT_FOUND", NotFound],
  ["BUSY", Busy],
]);

const KEPT = { keepAlive: true, maxSockets: 32 };

/** Where the daemon listens by default. */
export function socketPath(env = process.env) {
  const state = isAbsolute(env.XDG_STATE_HOME ?? "") ? env.XDG_STATE_HOME : join(homedir(), ".local/state");
  return join(env.CLAVIGER_RUNTIME_DIR || join(state, "claviger/run"), "verify.sock");
}

/** Asks one daemon. `timeoutMs` is how long to wait for it. */
export class Client {
  #path;
  #timeoutMs;
  #agent = new Agent(KEPT);

  constructor({ path = socketPath(), timeoutMs = 10_000 } = {}) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  /** Gives the verdict, or throws `Refused`. Without an account, look at `scope` yourself. */
  async verify(secret, ...accounts) {
    // `undefined` is not "left out": a variable that is not set must never skip the check of an account.
    const [account] = accounts;
    const asks = accounts.length > 0;
    if (asks && (accounts.length > 1 || typeof account !== "string" || account === "")) {
      throw new Refused("INVALID_PARAMS", 400, "the account is empty: leave it out to check none");
    }
    const verdict = await this.#call("keys.verify", asks ? { secret, account } : { secret });
    const seen = asks ? verdict?.account?.id === account : verdict?.account === null;
    if (typeof verdict?.key?.id === "string" && seen) return verdict;
    throw new Unreachable("what answered gave no verdict on this question");
  }

  /** Gives the accounts that the secret's key may see, or throws `Refused`. */
  async visible(secret) {
    const result = await this.#call("accounts.visible", { secret });
    if (Array.isArray(result?.accounts)) return result.accounts;
    throw new Unreachable("what answered gave no accounts");
  }

  /** Ends the connections that are kept. */
  close() {
    this.#agent.destroy();
  }

  async #call(method, params) {
    if (typeof params.secret !== "string") throw new Refused("INVALID_PARAMS", 400, "the secret is no text");
    // An id that nobody can guess: an answer to another question is never taken for the one to this.
    const id = randomBytes(12).toString("hex");
    const { status, body } = await this.#post(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    let answer;
    try {
      answer = JSON.parse(body);
    } catch {
      // What is no JSON is told below.
    }
    // Where HTTP itself refuses, the code stands beside the message.
    const facts = answer?.error?.data ?? answer?.error;
    if (typeof facts?.code === "string") {
      const wait = facts.retry_after_ms ?? (facts.code === "BUSY" ? 1000 : undefined);
      const Kind = KINDS.get(facts.code) ?? Refused;
      throw new Kind(facts.code, facts.status ?? status, answer.error.message, wait);
    }
    if (status === 200 && answer?.id === id && !("error" in answer)) return answer.result;
    throw new Unreachable("what answered was not understood");
  }

  async #post(body) {
    const agent = this.#agent;
    try {
      return await this.#exchange(body, agent).catch((failed) => {
        if (!failed.wasClosed) throw failed;
        // Closed while nobody looked, as others that are kept may be. To ask once more does no harm.
        if (this.#agent === agent) this.#agent = new Agent(KEPT);
        return this.#exchange(body, this.#agent);
      });
    } catch (failed) {
      throw new Unreachable(`nobody could be asked: ${failed.code ?? "no answer"}`);
    }
  }

  #exchange(body, agent) {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const options = { socketPath: this.#path, method: "POST", path: "/", headers, agent, signal };
      const asked = request(options, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts).toString() }));
      });
      asked.on("error", (error) => {
        error.wasClosed = asked.reusedSocket && ["ECONNRESET", "EPIPE"].includes(error.code);
        reject(error);
      });
      asked.end(body);
    });
  }
}

/** Exit status: 0 granted, 2 usage, 3 to 5 and 7 as `claviger` has them, 8 BUSY, 1 anything else. */
async function command([verb, option, account, ...more]) {
  const asks = verb === "verify" && option === "--account" && account !== undefined && more.length === 0;
  if (!asks && (option !== undefined || !["verify", "visible"].includes(verb))) {
    // What was given is not repeated: it may be a secret.
    console.error("usage: claviger.mjs verify [--account ID] < key\n       claviger.mjs visible < key");
    return 2;
  }
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  const secret = Buffer.concat(parts).toString().replace(/\r?\n$/, "");
  try {
    console.log(JSON.stringify(await new Client()[verb](secret, ...(asks ? [account] : []))));
    return 0;
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    console.error(`${refused.code}: ${refused.message}`);
    const statuses = { INVALID_PARAMS: 2, UNAUTHORIZED: 3, NOT_FOUND: 4, STORAGE_MODE_REQUIRED: 5, UNREACHABLE: 7, BUSY: 8 };
    return statuses[refused.code] ?? 1;
  }
}

if (existsSync(process.argv[1] ?? "") && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  command(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
