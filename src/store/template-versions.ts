// Template versions: what a message template said before it was changed. A version never changes.
import mongoose from "mongoose";
import type { TemplateId, TenantId } from "../model/ids.ts";
import type { TemplateVersion } from "../model/template.ts";
import { isDuplicateKey, type Database } from "./database.ts";

/** A version that was replaced. `_id` is `<template>/<version>`. */
type StoredVersion = TemplateVersion & { _id: string; tenantId: TenantId; templateId: TemplateId; createdAt: Date };

/** What is known of a template's newest version: the template itself holds it. */
type Holder = TemplateVersion & { id: TemplateId; versionAt: Date };
export type TemplateVersionRecord = TemplateVersion & { createdAt: Date };

const schema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    templateId: { type: String, required: true },
    kind: String,
    text: String,
    version: Number,
    createdAt: Date,
  },
  { versionKey: false },
);
schema.index({ tenantId: 1, templateId: 1, version: -1 }, { unique: true });

const listMax = 200;

/** Every query on versions. */
export function createTemplateVersionStore(database: Database) {
  const model = database.connection.model("TemplateVersion", schema, "templateVersions");
  const raw = database.raw<StoredVersion>("templateVersions");

  return {
    init: () => model.createIndexes(),

    /**
     * Writes down the version that is about to be replaced. Written before the change, so that a crash between the two
     * loses nothing: the row says then what is still true, and the next change writes the same again.
     */
    async keep(tenantId: TenantId, { id, kind, text, version, versionAt }: Holder): Promise<void> {
      const row = { tenantId, templateId: id, kind, text, version, createdAt: versionAt };
      try {
        await raw.replaceOne({ _id: `${id}/${version}`, tenantId }, row, { upsert: true });
      } catch (error) {
        // Somebody else keeps it at the same moment; what a version says is the same for both.
        if (!isDuplicateKey(error)) throw error;
      }
    },

    /** A version, the newest one included. */
    async version(tenantId: TenantId, holder: Holder, version: number): Promise<TemplateVersionRecord | undefined> {
      if (version === holder.version) return newestOf(holder);
      if (version > holder.version) return undefined;
      const row = await raw.findOne({ _id: `${holder.id}/${version}`, tenantId });
      return row ? versionOf(row) : undefined;
    },

    /** The replaced versions among these. */
    async older(
      tenantId: TenantId,
      wanted: { id: TemplateId; version: number }[],
    ): Promise<(TemplateVersion & { templateId: TemplateId })[]> {
      if (wanted.length === 0) return [];
      const keys = wanted.map(({ id, version }) => `${id}/${version}`);
      const rows = await raw.find({ tenantId, _id: { $in: keys } }).toArray();
      return rows.map((row) => ({ ...versionOf(row), templateId: row.templateId }));
    },

    /** The newest versions, newest first. */
    async list(tenantId: TenantId, holder: Holder): Promise<TemplateVersionRecord[]> {
      const { id, version } = holder;
      const options = { sort: { version: -1 }, limit: listMax - 1 } as const;
      // A change that did not come to its end has kept the version that is the newest still.
      const rows = await raw.find({ tenantId, templateId: id, version: { $lt: version } }, options).toArray();
      return [newestOf(holder), ...rows.map(versionOf)];
    },
  };
}

function newestOf({ kind, text, version, versionAt }: Holder): TemplateVersionRecord {
  return { kind, text, version, createdAt: versionAt };
}

function versionOf({ kind, text, version, createdAt }: StoredVersion): TemplateVersionRecord {
  return { kind, text, version, createdAt };
}
