// The batch processors of Powertools for AWS Lambda (TypeScript): Kinesis, and the stream of a DynamoDB table.
import {
  BatchProcessor,
  BatchProcessorSync,
  EventType,
  processPartialResponse,
  processPartialResponseSync,
} from "@aws-lambda-powertools/batch";

const stored = new Set();

function store(name, amount) {
  if (amount === undefined) throw new Error("no amount");
  if (stored.has(name)) return;
  stored.add(name);
  console.log(`stored ${name}`);
}

function decoded(record) {
  return JSON.parse(Buffer.from(record.kinesis.data, "base64").toString());
}

function fromKinesis(record) {
  const order = decoded(record);
  store(order.id, order.amount);
}

const inOrder = new BatchProcessorSync(EventType.KinesisDataStreams);

export const kinesis = async (event, context) => processPartialResponseSync(event, fromKinesis, inOrder, { context });

const atOnce = new BatchProcessor(EventType.KinesisDataStreams);

// Records at once, as this processor does it: those that take longer come later, also of the same partition key.
export const side = async (event, context) =>
  processPartialResponse(
    event,
    async (record) => {
      const order = decoded(record);
      // Every other one takes longer, as calls of other services do.
      await new Promise((resolve) => setTimeout(resolve, BigInt(record.kinesis.sequenceNumber) % 4n < 2n ? 20 : 0));
      store(order.id, order.amount);
    },
    atOnce,
    { context },
  );

const ofTable = new BatchProcessorSync(EventType.DynamoDBStreams);

export const table = async (event, context) =>
  processPartialResponseSync(
    event,
    ({ dynamodb: { NewImage: image } }) => {
      const amount = Number(image.amount?.N ?? NaN);
      store((image.order ?? image.id).S, Number.isNaN(amount) ? undefined : amount);
    },
    ofTable,
    { context },
  );
