// An event source mapping as one would write it in an afternoon, behind the protocol of Esmeralda.
//
// Shards are polled at the same time, each by a loop of its own, so several calls may be open: "calls": "many". It is
// honest, and wrong: whatever goes wrong uses up an attempt, age is not known, and there are no failure records.
// Nothing but node is needed:
//
//     esmeralda run 'command:node naive.mjs'

import { createInterface } from "node:readline";

const RETRY_PAUSE_MS = 1000;

const say = (kind, body = {}) => process.stdout.write(JSON.stringify({ [kind]: body }) + "\n");

class Session {
  constructor(facts) {
    this.now = 0;
    this.puts = 0;
    this.calls = 0;
    this.mapping = null;
    this.replies = new Map(); // open calls: id -> what goes on when the reply comes
    this.timers = []; // who sleeps: {until, wake}
    this.shards = Array.from({ length: facts.shards }, () => ({ records: [], idle: null }));
  }

  act(body) {
    if (body.create) {
      this.mapping = body.create.settings;
      this.begin = true;
      return say("acted");
    }
    if (!body.put) return say("unsupported", { what: "act: " + Object.keys(body).join(" ") });
    const put = body.put.map((record) => {
      const result = { sequence: String(10n ** 20n + BigInt(++this.puts)), arrival: this.now };
      this.shards[record.shard].records.push(result);
      return result;
    });
    return say("acted", { put });
  }

  async poll(shard) {
    for (let first = 0; ; ) {
      const batch = shard.records.slice(first, first + this.mapping.BatchSize);
      if (batch.length === 0) {
        await new Promise((wake) => (shard.idle = wake));
        continue;
      }
      await this.process(batch);
      first += batch.length;
    }
  }

  async process(batch) {
    const records = batch.map((record) => record.sequence);
    for (let attempt = 0; ; attempt++) {
      const reply = await this.call({ invoke: { mapping: 0, records } });
      if (!reply.error || attempt === this.mapping.MaximumRetryAttempts) return;
      await new Promise((wake) => this.timers.push({ until: this.now + RETRY_PAUSE_MS, wake }));
    }
  }

  call(what) {
    const id = ++this.calls;
    say("call", { id, ...what });
    return new Promise((resolve) => this.replies.set(id, resolve));
  }

  // Lets everything go on that can, and then says until when there is nothing to do.
  async turn(wakeIdle) {
    const due = this.timers.filter((timer) => timer.until <= this.now);
    this.timers = this.timers.filter((timer) => timer.until > this.now);
    due.forEach((timer) => timer.wake());
    if (this.begin) this.shards.forEach((shard) => this.poll(shard));
    this.begin = false;
    for (const shard of wakeIdle ? this.shards : []) {
      shard.idle?.();
      shard.idle = null;
    }
    // What was woken runs before a new macrotask does.
    await new Promise((resolve) => setImmediate(resolve));
    const until = Math.min(...this.timers.map((timer) => timer.until));
    say("sleep", { until: Number.isFinite(until) ? until : null });
  }
}

let session = null;
for await (const line of createInterface({ input: process.stdin })) {
  const [[kind, body]] = Object.entries(JSON.parse(line));
  if (session && body.now !== undefined) session.now = body.now;
  if (kind === "open") {
    session = new Session(body);
    say("opened", { protocol: 1, name: "naive.mjs", clock: "virtual", calls: "many", capabilities: ["shards"] });
  } else if (kind === "act") {
    session.act(body);
  } else if (kind === "run") {
    await session.turn(true);
  } else if (kind === "reply") {
    session.replies.get(body.id)(body);
    session.replies.delete(body.id);
    await session.turn(false);
  } else if (kind === "close") {
    session = null;
    say("closed");
  } else {
    say("unsupported", { what: kind });
  }
}
