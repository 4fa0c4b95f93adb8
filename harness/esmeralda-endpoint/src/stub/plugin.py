"""Runs Lambda functions of LocalStack and LocalEmu by asking the harness: no containers, no images.

Loaded through the entry-point groups `localstack.lambda.runtime_executor` and `localemu.lambda.runtime_executor`. The
zip of a function is never unpacked.
"""

import json
import socket
import urllib.error
import urllib.request

import plux


class Result:
    def __init__(self, request_id, payload, is_error):
        self.request_id = request_id
        self.payload = payload
        self.is_error = is_error
        self.logs = "END RequestId: " + request_id
        self.executed_version = None


class Executor:
    def __init__(self, id, function_version):
        self.id = id
        self.function_version = function_version

    def start(self, env_vars):
        pass

    def stop(self):
        pass

    def get_address(self):
        return "127.0.0.1"

    def get_endpoint_from_executor(self):
        return "127.0.0.1"

    def get_runtime_endpoint(self):
        return "127.0.0.1"

    def get_logs(self):
        return ""

    @classmethod
    def prepare_version(cls, function_version):
        pass

    @classmethod
    def cleanup_version(cls, function_version):
        pass

    @classmethod
    def validate_environment(cls):
        return True

    def invoke(self, payload, **_):
        # LocalEmu names the function's timeout as well, which the version's configuration holds.
        request_id = payload["invoke-id"]
        config = self.function_version.config
        request = urllib.request.Request(
            config.environment["ESMERALDA_CALLBACK"],
            data=payload["payload"].encode(),
            headers={"content-type": "application/json", "x-esmeralda-request-id": request_id},
        )

        def failed(kind, message):
            return Result(request_id, json.dumps({"errorType": kind, "errorMessage": message}).encode(), True)

        timed_out = "Task timed out after %d.00 seconds" % config.timeout
        try:
            with urllib.request.urlopen(request, timeout=config.timeout) as answer:
                told = json.loads(answer.read())
        except (TimeoutError, socket.timeout):
            return failed("Sandbox.Timedout", timed_out)
        except urllib.error.HTTPError as error:
            return failed("Runtime.HandlerError", "the harness answered %d" % error.code)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                return failed("Sandbox.Timedout", timed_out)
            raise
        if told["do"] == "return":
            return Result(request_id, told["value"].encode(), False)
        if told["do"] == "service-error":
            raise RuntimeError("the harness told the service to fail")
        if told["do"] == "crash":
            return failed("Runtime.ExitError", "Runtime exited with error: exit status 1")
        return failed("RuntimeError", "the harness told the function to raise")


class LocalStackPlugin(plux.Plugin):
    namespace = "localstack.lambda.runtime_executor"
    name = "esmeralda"

    def load(self, *args, **kwargs):
        return Executor


class LocalEmuPlugin(LocalStackPlugin):
    namespace = "localemu.lambda.runtime_executor"
