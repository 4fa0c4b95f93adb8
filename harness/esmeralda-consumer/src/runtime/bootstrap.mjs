// Runs a handler of node under the Lambda Runtime API. Given to node on the command line by the harness.
import http from "node:http";
import path from "node:path";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const base = "/2018-06-01/runtime";

function call(method, where, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: base + where, agent, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const told = (error) =>
  JSON.stringify({
    errorType: error?.name ?? "Error",
    errorMessage: error?.message ?? String(error),
    stackTrace: String(error?.stack ?? "").split("\n"),
  });

async function load() {
  const name = process.env._HANDLER;
  const dot = name.lastIndexOf(".");
  const stem = path.resolve(process.env.LAMBDA_TASK_ROOT, name.slice(0, dot));
  const file = [".mjs", ".js", ".cjs"].map((end) => stem + end).find(existsSync);
  if (!file) throw new Error(`there is no ${stem}.mjs, .js or .cjs`);
  const module = await import(pathToFileURL(file));
  const handler = module[name.slice(dot + 1)] ?? module.default?.[name.slice(dot + 1)];
  if (typeof handler !== "function") throw new Error(`${file} exports no function ${name.slice(dot + 1)}`);
  return handler;
}

function invoke(handler, event, context) {
  if (handler.length < 3) return handler(event, context);
  return new Promise((resolve, reject) => {
    const done = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (typeof done?.then === "function") done.then(resolve, reject);
  });
}

let handler;
try {
  handler = await load();
} catch (error) {
  console.error(error);
  await call("POST", "/init/error", told(error), { "Lambda-Runtime-Function-Error-Type": "Runtime.UserCodeError" });
  process.exit(1);
}
for (;;) {
  const { headers, text } = await call("GET", "/invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    const value = await invoke(handler, JSON.parse(text), context);
    await call("POST", `/invocation/${id}/response`, JSON.stringify(value ?? null));
  } catch (error) {
    console.error(error);
    await call("POST", `/invocation/${id}/error`, told(error), { "Lambda-Runtime-Function-Error-Type": "Unhandled" });
  }
}
