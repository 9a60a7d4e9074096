// Which profiles does Millrace ship? Each is a file in templates/profiles and a line here.
import hub from "../../templates/profiles/hub.json" with { type: "json" };
import standard from "../../templates/profiles/standard.json" with { type: "json" };
import { readProfile } from "./profile.ts";
import type { Profile } from "./profile.ts";

const profileById: ReadonlyMap<string, Profile> = new Map(
  [standard, hub].map((data) => [data.id, readProfile(data)] as const),
);

export const defaultProfileId = "standard";
export const profileIds: readonly string[] = [...profileById.keys()];

/** The shipped profile with this id; undefined when there is none. */
export function findProfile(id: string): Profile | undefined {
  return profileById.get(id);
}
