// Which event types does Millrace ship samples of? Those of the five systems whose webhooks it speaks: templates/event-types.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createSchemaCheck } from "../flow/schema-findings.ts";
import { eventTypeDraftSchema, type EventTypeDraft } from "../model/event-type.ts";
import type { JsonSchema } from "../model/json.ts";
import { packageRoot, readPackageJson } from "../package-root.ts";

const folder = "templates/event-types";

/** An event type of the gallery: of one system, with data as that system sends it. */
export type GalleryType = Pick<EventTypeDraft, "name" | "schema"> & { system: string; description: string } & Pick<
    Required<EventTypeDraft>,
    "example"
  >;

type GalleryFile = { system: string; name: string; types: EventTypeDraft[] };

export const galleryTypeSchema: JsonSchema = {
  title: "GalleryEventType",
  type: "object",
  required: ["system", "name", "description", "schema", "example"],
  properties: {
    system: { type: "string", description: "The system's profile." },
    name: { type: "string" },
    description: { type: "string" },
    schema: { type: ["object", "null"] },
    example: {},
  },
};

/** Every type of the gallery, by system and then as the system lists them; read once, when the program starts. */
export const eventTypeGallery: readonly GalleryType[] = readGallery();

/** The systems that the gallery has types of. */
export const gallerySystems: readonly string[] = [...new Set(eventTypeGallery.map(({ system }) => system))];

/** The gallery's type of a name: of one system, or of the first that has it. */
export function galleryType(name: string, system?: string): GalleryType | undefined {
  return eventTypeGallery.find((one) => one.name === name && (system === undefined || one.system === system));
}

/** Throws for a type that a tenant could not have saved either, or without an example: then the program does not start. */
function readGallery(): GalleryType[] {
  const check = createSchemaCheck(eventTypeDraftSchema);
  const files = readdirSync(join(packageRoot, folder)).filter((file) => file.endsWith(".json"));
  return files.toSorted().flatMap((file) => {
    // Checked type by type below.
    const { system, types } = readPackageJson(`${folder}/${file}`) as GalleryFile;
    return types.map((draft) => {
      const [finding] = check(draft);
      if (finding !== undefined) throw new Error(`${folder}/${file}: ${finding.pointer} ${finding.message}`);
      if (draft.example === undefined) throw new Error(`${folder}/${file}: ${draft.name} has no example.`);
      return { ...draft, system, description: draft.description ?? "", example: draft.example };
    });
  });
}
