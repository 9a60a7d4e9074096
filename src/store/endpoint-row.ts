// How does an endpoint lie in the store? What lists ask for are fields of the row; the rest is JSON text.
import mongoose from "mongoose";
import type { Endpoint, EndpointHealth, EndpointSettings, EndpointStatus, StatusReason } from "../model/endpoint.ts";
import type { EndpointId, TenantId } from "../model/ids.ts";
import type { EndpointNotice, EndpointWatch } from "./endpoint-watch.ts";

export type StoredEndpoint = {
  _id: EndpointId;
  tenantId: TenantId;
  revision: number;
  status: EndpointStatus;
  statusReason?: StatusReason;
  name?: string;
  url: string;
  profile: string;
  /** `profile` and those of `also`: who uses a profile is asked when it is to go. */
  profiles: string[];
  events: string[];
  /** The other settings, as JSON: a person's key is never an operator or a path of MongoDB's. */
  settings: string;
  /** The vault's text over EndpointCredentials. */
  sealed: string;
  health: EndpointHealth;
  watch?: EndpointWatch;
  /** Alerts that have still to be raised. */
  notices?: EndpointNotice[];
  /** When the receiver last echoed a challenge at this URL. */
  verifiedAt?: Date;
  createdAt: Date;
  updatedAt: Date;
};

export const endpointRowSchema = new mongoose.Schema(
  {
    _id: String,
    tenantId: { type: String, required: true },
    revision: Number,
    status: String,
    statusReason: { code: String, message: String, at: Date },
    name: String,
    url: String,
    profile: String,
    profiles: [String],
    events: [String],
    settings: String,
    sealed: String,
    health: {
      consecutiveFailures: Number,
      failingSince: Date,
      lastSuccessAt: Date,
      lastFailureAt: Date,
      openUntil: Date,
      state: { type: String },
    },
    watch: mongoose.Schema.Types.Mixed,
    notices: [mongoose.Schema.Types.Mixed],
    verifiedAt: Date,
    createdAt: Date,
    updatedAt: Date,
  },
  { versionKey: false },
);
endpointRowSchema.index({ tenantId: 1, _id: -1 });
endpointRowSchema.index({ tenantId: 1, status: 1, _id: -1 });
endpointRowSchema.index({ tenantId: 1, profiles: 1, _id: -1 });
endpointRowSchema.index({ tenantId: 1, events: 1, _id: -1 });

/** What people set, as fields of a row. */
export type SettingsFields = Pick<StoredEndpoint, "name" | "url" | "profile" | "profiles" | "events" | "settings">;

export function fieldsOf({ name, url, profile, events, ...rest }: EndpointSettings): SettingsFields {
  const profiles = [...new Set([profile, ...(rest.also ?? [])])];
  return { ...(name === undefined ? {} : { name }), url, profile, profiles, events, settings: JSON.stringify(rest) };
}

/** The settings of a row, as they were given. */
export function settingsOf({ name, url, profile, events, settings }: SettingsFields): EndpointSettings {
  // Written by `fieldsOf`.
  const rest = JSON.parse(settings) as Omit<EndpointSettings, "name" | "url" | "profile" | "events">;
  return { url, events, ...(name === undefined ? {} : { name }), profile, ...rest };
}

/** A row without what is sealed. */
export function endpointOf(row: Omit<StoredEndpoint, "sealed">): Endpoint {
  const { _id, tenantId, status, statusReason, health, verifiedAt, revision, createdAt, updatedAt } = row;
  return {
    id: _id,
    tenantId,
    ...settingsOf(row),
    status,
    ...(statusReason === undefined ? {} : { statusReason }),
    health,
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
    revision,
    createdAt,
    updatedAt,
  };
}

/** The health of an endpoint that nothing is known of, or that begins anew. */
export const freshHealth: EndpointHealth = { consecutiveFailures: 0, state: "healthy" };
