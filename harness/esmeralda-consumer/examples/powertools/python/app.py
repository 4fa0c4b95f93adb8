"""The batch processors of Powertools for AWS Lambda: Kinesis, and the stream of a DynamoDB table."""

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

STORED = set()
KINESIS = BatchProcessor(event_type=EventType.KinesisDataStreams)
TABLE = BatchProcessor(event_type=EventType.DynamoDBStreams)
REPORTS_ALL = BatchProcessor(event_type=EventType.KinesisDataStreams, raise_on_entire_batch_failure=False)
ORDERS = boto3.resource("dynamodb").Table("orders")


def _store(name, amount):
    if amount is None:
        raise ValueError("no amount")
    if name not in STORED:
        STORED.add(name)
        print(f"stored {name}")


def _from_kinesis(record):
    order = record.kinesis.data_as_json()
    _store(order["id"], order.get("amount"))


def kinesis(event, context):
    return process_partial_response(event=event, record_handler=_from_kinesis, processor=KINESIS, context=context)


def reports_all(event, context):
    """The same where an error is never raised, not even if every record failed."""
    return process_partial_response(event=event, record_handler=_from_kinesis, processor=REPORTS_ALL, context=context)


def _from_table(record):
    image = record.dynamodb.new_image
    _store(image.get("order", image["id"]), int(image["amount"]))


def table(event, context):
    return process_partial_response(event=event, record_handler=_from_table, processor=TABLE, context=context)


def _put(record):
    order = record.kinesis.data_as_json()
    item = {"id": order["id"], "amount": order["amount"]}
    try:
        ORDERS.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    except ORDERS.meta.client.exceptions.ConditionalCheckFailedException:
        pass  # An earlier delivery of the same record.


def writes(event, context):
    """Writes by the SDK, once for each record."""
    return process_partial_response(event=event, record_handler=_put, processor=KINESIS, context=context)
