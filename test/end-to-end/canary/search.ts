// Where could a secret have been left? Every text of the database, of Temporal's histories, of the API's answers.
import { Client, Connection } from "@temporalio/client";
import mongoose from "mongoose";
import { testServers } from "../../support/servers.ts";

/** A text and where it stands. */
export type Place = { where: string; text: string };

/** Every string and every byte below a value, as one text. */
export function textOf(value: unknown): string {
  const parts: string[] = [];
  const walk = (one: unknown): void => {
    if (typeof one === "string") parts.push(one);
    else if (one instanceof Uint8Array) parts.push(Buffer.from(one).toString("utf8"));
    else if (typeof one === "object" && one !== null) {
      // The driver's binary values hold their bytes in a member.
      for (const [key, member] of Object.entries(one)) {
        parts.push(key);
        walk(member);
      }
    }
  };
  walk(value);
  return parts.join("\n");
}

/** Each document of each collection, what is sealed included: it must be no more than ciphertext. */
export async function textsOfDatabase(database: string): Promise<Place[]> {
  const connection = await mongoose.createConnection(testServers().mongodbUri, { dbName: database }).asPromise();
  try {
    const places: Place[] = [];
    for (const { name } of await connection.listCollections()) {
      for await (const row of connection.collection(name).find()) {
        places.push({ where: `collection ${name}`, text: textOf(row) });
      }
    }
    return places;
  } finally {
    await connection.close();
  }
}

/** The whole history of each workflow, its payloads decoded. */
export async function textsOfHistories(workflowIds: string[]): Promise<Place[]> {
  const { temporalAddress: address, temporalNamespace: namespace } = testServers();
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace });
    return await mapInTurns(workflowIds, async (id) => {
      const history = await client.workflow.getHandle(id).fetchHistory();
      return { where: `history ${id}`, text: textOf(history) };
    });
  } finally {
    await connection.close();
  }
}

type Row = { id: string };
export type Get = (path: string) => Promise<{ status: number; body: unknown }>;

/** What the API answers to who may read everything: lists, and each thing by itself. */
export async function textsOfApi(get: Get): Promise<Place[]> {
  const places: Place[] = [];
  const read = async (path: string): Promise<unknown> => {
    const { status, body } = await get(path);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}.`);
    places.push({ where: `GET ${path}`, text: textOf(body) });
    return body;
  };
  const list = async (path: string): Promise<Row[]> => {
    const rows: Row[] = [];
    for (let cursor = ""; ;) {
      // The shape of every list of the API.
      const page = (await read(`${path}?limit=200${cursor}`)) as { data: Row[]; nextCursor: string | null };
      rows.push(...page.data);
      if (page.nextCursor === null) return rows;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
  };
  for (const [path, below] of [
    ["/v1/connections", ["", "/usage"]],
    ["/v1/flows", ["", "/versions"]],
    ["/v1/events", [""]],
    ["/v1/runs", ["", "/steps"]],
  ] as const) {
    const paths = (await list(path)).flatMap(({ id }) => below.map((rest) => `${path}/${id}${rest}`));
    await mapInTurns(paths, read);
  }
  return places;
}

/** The places that hold one of the secrets, by the secret's name. */
export function findings(places: readonly Place[], secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const forms = formsOf(secret);
    return places.flatMap(({ where, text }) => {
      const at = Math.max(...forms.map((form) => text.indexOf(form)));
      return at < 0 ? [] : [`${name} in ${where}: ${text.slice(Math.max(0, at - 40), at + 60)}`];
    });
  });
}

/**
 * As it is, URL-encoded, as in a form, escaped as in JSON, and within the base64 of a longer text: HTTP Basic, whose parts
 * OAuth encodes as in a form (RFC 6749, section 2.3.1).
 */
export function formsOf(secret: string): string[] {
  const form = new URLSearchParams([["", secret]]).toString().slice(1);
  const whole = Buffer.from(secret).toString("base64");
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), form, escaped, whole, ...withinBase64(secret), ...withinBase64(form)];
}

function withinBase64(secret: string): string[] {
  const forms = [0, 1, 2].map((offset) => {
    const text = Buffer.from(`${"?".repeat(offset)}${secret}`)
      .toString("base64")
      .replace(/=+$/, "");
    // The first and the last characters also hold bits of what stands before and behind.
    return text.slice(offset === 0 ? 0 : offset + 1, -1);
  });
  return [...forms, ...forms.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
}

/** Eight at a time. */
async function mapInTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += 8) {
    results.push(...(await Promise.all(items.slice(at, at + 8).map(work))));
  }
  return results;
}
