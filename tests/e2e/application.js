// A Node.js process with the default metrics of prom-client, at the port that it is given.
//
// It does what the lines on its standard input say, until that ends: `block` keeps its thread busy half of the time,
// and `calm` ends that.

const http = require("node:http");
const readline = require("node:readline");
const client = require("prom-client");

const BUSY_MS = 150;
let busy;

client.collectDefaultMetrics();
global.gc(); // There is no series of collections before the first.

http
  .createServer(async (request, response) => {
    response.setHeader("Content-Type", client.register.contentType);
    response.end(await client.register.metrics());
  })
  .listen(Number(process.argv[2]), "127.0.0.1");

readline
  .createInterface({ input: process.stdin })
  .on("line", (said) => {
    clearInterval(busy);
    busy = said === "block" ? setInterval(work, 2 * BUSY_MS) : undefined;
  })
  .on("close", () => process.exit(0));

function work() {
  const end = Date.now() + BUSY_MS;
  while (Date.now() < end);
}
