// Is docs/endpoints.md true? Its table has every member of the settings, its examples are some, and its links lead somewhere.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkShape } from "../../src/endpoint/check-shape.ts";
import { endpointGivenSchema } from "../../src/model/endpoint-given.ts";

const folder = join(__dirname, "../../docs");
const page = readFileSync(join(folder, "endpoints.md"), "utf8");

test("the table has every member of the settings, and no other", () => {
  const [table = ""] = /^\| member [\s\S]*?\n\n/m.exec(page) ?? [];
  const named = [...table.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  expect(named.toSorted()).toEqual(Object.keys(Object(endpointGivenSchema["properties"])).toSorted());
});

test("every example of settings is one, also inside the commands", () => {
  const policy = { allowHttp: false, allowNetworks: [] };
  const examples = [...page.matchAll(/```json\n([\s\S]*?)```|-d '(\{"url".*?\})'/g)].map(
    ([, block, given]) => JSON.parse(block ?? given ?? "") as object,
  );
  const settings = examples.filter((one) => !("id" in one));
  expect(settings).toHaveLength(2);
  for (const one of settings) expect(checkShape(one, policy, Date.now())).toEqual([]);
});

test("every link leads to a page that is there", () => {
  const links = [...page.matchAll(/\]\(([\w./-]+\.md)(#[\w-]+)?\)/g)].map(([, file = ""]) => file);
  expect(links.length).toBeGreaterThan(4);
  expect(links.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
});
