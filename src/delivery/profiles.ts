// Which profiles does Millrace ship? Each is a file in templates/profiles and a line here.
import aqio from "../../templates/profiles/aqio.json" with { type: "json" };
import bakhmach from "../../templates/profiles/bakhmach.json" with { type: "json" };
import brainsait from "../../templates/profiles/brainsait.json" with { type: "json" };
import cloudeventsBatch from "../../templates/profiles/cloudevents-batch.json" with { type: "json" };
import cloudeventsBinary from "../../templates/profiles/cloudevents-binary.json" with { type: "json" };
import cloudevents from "../../templates/profiles/cloudevents.json" with { type: "json" };
import directory from "../../templates/profiles/directory.json" with { type: "json" };
import github from "../../templates/profiles/github.json" with { type: "json" };
import hub from "../../templates/profiles/hub.json" with { type: "json" };
import rfc9421 from "../../templates/profiles/rfc9421.json" with { type: "json" };
import standard from "../../templates/profiles/standard.json" with { type: "json" };
import { readProfile } from "./profile.ts";
import type { Profile } from "./profile-form.ts";

const shipped = [
  standard,
  cloudevents,
  cloudeventsBinary,
  cloudeventsBatch,
  github,
  rfc9421,
  bakhmach,
  hub,
  brainsait,
  directory,
  aqio,
];

const profileById: ReadonlyMap<string, Profile> = new Map(shipped.map((data) => [data.id, readProfile(data)] as const));

export const defaultProfileId = "standard";
export const profileIds: readonly string[] = [...profileById.keys()];

/** The shipped profile with this id; undefined when there is none. */
export function findProfile(id: string): Profile | undefined {
  return profileById.get(id);
}
