// A handler of node: right, and one that reports the last failure only.
const stored = new Set();

function store(record) {
  const order = JSON.parse(Buffer.from(record.kinesis.data, "base64").toString());
  if (order.amount === undefined) throw new Error("no amount");
  if (stored.has(order.id)) return;
  stored.add(order.id);
  console.log(`stored ${order.id}`);
}

function failed(event) {
  const failed = [];
  for (const record of event.Records) {
    try {
      store(record);
    } catch (error) {
      failed.push({ itemIdentifier: record.kinesis.sequenceNumber });
    }
  }
  return failed;
}

export const handler = async (event) => ({ batchItemFailures: failed(event) });

export const last = async (event) => ({ batchItemFailures: failed(event).slice(-1) });

export const callback = (event, context, done) => done(null, { batchItemFailures: failed(event) });
