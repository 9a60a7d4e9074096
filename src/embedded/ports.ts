// Which port of 127.0.0.1 is free?
import { createServer } from "node:net";

/** The first of the wanted ports that is free, else any free one. It is free at this moment: another process may take it. */
export async function freePort(...wanted: (number | undefined)[]): Promise<number> {
  for (const port of wanted) {
    const found = port === undefined ? undefined : await tryPort(port);
    if (found !== undefined) return found;
  }
  const any = await tryPort(0);
  if (any === undefined) throw new Error("No port of 127.0.0.1 is free");
  return any;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((answer) => {
    const server = createServer();
    server.once("error", () => answer(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => answer(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}
