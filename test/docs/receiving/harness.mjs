// Asks a snippet about each case of standard input: seven fields in base64, parted by tabs; answers a line each.
import { readFileSync } from "node:fs";

const [module, name] = process.argv.slice(2);
const snippet = await import(module);
const decode = (text) => Buffer.from(text, "base64");

const ask = (line) => {
  const [secrets, id, timestamp, signature, body, now, header] = line.split("\t").map(decode);
  const keys = String(secrets).split(",");
  const headers = {
    ...(id.length > 0 && { "webhook-id": String(id) }),
    ...(timestamp.length > 0 && { "webhook-timestamp": String(timestamp) }),
    ...(signature.length > 0 && { "webhook-signature": String(signature) }),
  };
  if (name === "isSigned") return snippet.isSigned(keys[0], String(header), body, String(signature));
  if (name === "isSignedInside") return snippet.isSignedInside(keys[0], body);
  return snippet.isGenuine(keys, headers, body, Number(String(now)));
};
const answer = (line) => {
  try {
    return ask(line);
  } catch {
    return false;
  }
};

process.stdout.write(readFileSync(0, "latin1").split("\n").filter(Boolean).map(answer).join("\n"));
