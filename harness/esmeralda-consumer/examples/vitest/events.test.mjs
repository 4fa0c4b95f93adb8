// The smallest history that showed a red, as a unit test. EVENTS is what --export-events wrote for the rule.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as index from "./index.mjs";

const handler = index[process.env.HANDLER ?? "handler"];

test.each(readdirSync(process.env.EVENTS).sort())("%s: the first record is reported first", async (name) => {
  const event = JSON.parse(readFileSync(`${process.env.EVENTS}/${name}`));
  const reported = (await handler(event)).batchItemFailures.map((failure) => BigInt(failure.itemIdentifier)).sort();
  expect(reported[0]).toBe(BigInt(event.Records[0].kinesis.sequenceNumber));
});
