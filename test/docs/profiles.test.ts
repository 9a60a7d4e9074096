// docs/profiles.md: its profiles are good ones, and nothing that a profile can say is missing there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { profileVariables } from "../../src/delivery/profile-variables.ts";
import { checkProfile, profileSchema } from "../../src/delivery/profile.ts";
import { profileIds } from "../../src/delivery/profiles.ts";
import { packageRoot } from "../../src/package-root.ts";

const page = readFileSync(join(packageRoot, "docs/profiles.md"), "utf8");
const examples = Array.from(
  page.matchAll(/^```json profile\n([\s\S]*?)^```/gm),
  ([, text]) => JSON.parse(text ?? "") as unknown,
);

test("the profiles on the page can be saved as they stand", () => {
  expect(examples).toHaveLength(2);
  for (const example of examples) expect(checkProfile(example)).toEqual([]);
});

test.each(["data", ...Object.keys(profileVariables)])("the variable %s is explained", (name) => {
  expect(page).toMatch(new RegExp(`^\\| .*\`${name}\``, "m"));
});

test.each(Object.keys(profileSchema["properties"] as object))("the member %s is explained", (name) => {
  expect(page).toMatch(new RegExp(`^\\| .*\`${name}\``, "m"));
});

test.each(profileIds)("the shipped profile %s has its row", (id) => {
  expect(page).toMatch(new RegExp(`^\\| \`${id}\``, "m"));
});
