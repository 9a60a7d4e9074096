// A receiver for trying things: prints each webhook that arrives and answers 200, or the status that is given.
//   npm run receiver               listens on 127.0.0.1:4000
//   npm run receiver -- 503        answers 503 to everything
import { createServer } from "node:http";

const status = Number(process.argv[2] ?? 200);
const port = Number(process.env.PORT ?? 4000);

createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    console.log(`\n${new Date().toISOString()} ${request.method} ${request.url} -> ${status}`);
    for (const [name, value] of Object.entries(request.headers)) {
      if (name.startsWith("webhook-")) console.log(`${name}: ${String(value)}`);
    }
    console.log(Buffer.concat(chunks).toString("utf8"));
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
}).listen(port, "127.0.0.1", () =>
  console.log(`Receiving on http://127.0.0.1:${port}, answering ${status}. Ctrl+C stops.`),
);
