"""A custom runtime in a few lines: asks the Lambda Runtime API for events, and gives the answers back.

    AWS_LAMBDA_RUNTIME_API=… python3 runtime.py MODULE.FUNCTION
"""

import http.client
import importlib
import json
import os
import sys

API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
BASE = "/2018-06-01/runtime"


def call(method, path, value=None):
    API.request(method, BASE + path, None if value is None else value.encode())
    response = API.getresponse()
    return response, response.read()


def told(error):
    return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []})


def main():
    module, function = sys.argv[1].rsplit(".", 1)
    try:
        handler = getattr(importlib.import_module(module), function)
    except Exception as error:
        call("POST", "/init/error", told(error))
        raise
    while True:
        response, event = call("GET", "/invocation/next")
        request = response.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            value = json.dumps(handler(json.loads(event), None))
        except Exception as error:
            sys.stdout.flush()
            call("POST", f"/invocation/{request}/error", told(error))
            continue
        sys.stdout.flush()
        call("POST", f"/invocation/{request}/response", value)


main()
