// What does each of Slack's error codes mean for a step, and what can its owner do about it?
import type { FailureClass } from "../../src/model/failure.ts";

export type Refusal = { class: FailureClass; advice: string };

/**
 * The meaning of a code of the Web API (`error` beside `ok: false`) or of an incoming webhook (the body's text);
 * undefined for codes that are not known here. Source: the error tables of docs.slack.dev/reference/methods and of
 * docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
 */
export function refusalOf(code: string): Refusal | undefined {
  return refusalByCode.get(code);
}

/** Codes after which the call may have been applied all the same: "some aspect of the operation succeeded". */
export const halfDone: ReadonlySet<string> = new Set(["internal_error", "fatal_error", "rollup_error"]);

function group(failureClass: FailureClass, adviceByCode: Record<string, string>): [string, Refusal][] {
  return Object.entries(adviceByCode).map(([code, advice]) => [code, { class: failureClass, advice }]);
}

const newToken = "Give the connection a new token";
const newUrl = "The webhook URL is not in service any more. Give the connection a new one";
const wrongRequest = "The request was not understood, which should not happen: please report it";

const refusalByCode: ReadonlyMap<string, Refusal> = new Map([
  ...group("auth_revoked", {
    invalid_auth: `Slack does not accept the token, or not from this network. ${newToken}`,
    not_authed: `Slack saw no token. ${newToken}`,
    token_revoked: `The token was revoked or the app was removed. Install the app again. ${newToken}`,
    token_expired: `The token has expired. ${newToken}, of an app without token rotation`,
    account_inactive: `The token's user or workspace was deleted. ${newToken}`,
    no_service: newUrl,
    no_service_id: newUrl,
    no_active_hooks: newUrl,
    invalid_token: newUrl,
    no_team: `The workspace is gone. ${newUrl}`,
    team_disabled: `The workspace is disabled. ${newUrl}`,
  }),
  ...group("permission", {
    missing_scope: "Add the scope to the Slack app, install the app again, and rotate the connection to the new token",
    // Of one conversation, not of the token: it must not make the whole connection wait.
    no_permission: "Invite the app to the conversation, or give it the permission",
    not_in_channel: "Invite the app to the channel (/invite @app), or add the scope chat:write.public for public ones",
    not_allowed_token_type: "The method does not take this type of token. Use a bot token (xoxb-)",
    access_denied: "The token may not reach this. Ask a workspace admin",
    accesslimited: "The workspace limits this method to certain networks. Ask a workspace admin",
    ekm_access_denied: "The workspace's admins have suspended posting there",
    enterprise_is_restricted: "The token belongs to an organisation. Use a token of one workspace",
    team_access_not_granted: "The app is not installed in this workspace. Install it there",
    two_factor_setup_required: "The token's user has to set up two-factor authentication first",
    cant_update_message: "Only messages that the same app has posted can be updated",
    restricted_action: "A workspace setting keeps the app from posting there",
    restricted_action_read_only_channel: "The channel is read-only for the app",
    restricted_action_thread_only_channel: "The channel takes replies only: set threadTs",
    restricted_action_non_threadable_channel: "The channel takes no replies: leave threadTs out",
    restricted_action_thread_locked: "The thread is locked",
    posting_to_general_channel_denied: "An admin has restricted who may post to the general channel",
    action_prohibited: "An admin has restricted what this webhook may do",
    messages_tab_disabled: "Switch the Messages tab on in the app's settings (App Home)",
    thread_locked: "The thread is locked: it takes no reactions",
    no_access: "The app may not react there",
  }),
  ...group("not_found", {
    channel_not_found:
      "The app sees no such channel: check its name or ID, and invite the app (/invite @app) where it is private",
    message_not_found: "There is no message with this ts in the channel",
    users_not_found: "Nobody in the workspace has this e-mail address",
    user_not_found: "There is no such user",
    team_not_found: "With a token of an organisation, name the channel by its ID",
  }),
  ...group("conflict", {
    is_archived: "The channel is archived. Unarchive it or name another one",
    channel_is_archived: "The webhook's channel is archived. Unarchive it or use another webhook",
    is_inactive: "The channel is archived, frozen or deleted",
    edit_window_closed: "The workspace's settings do not let messages of this age be edited",
    streaming_state_conflict: "The message is being written at the moment and cannot be edited",
    cannot_reply_to_message: "This kind of message takes no replies",
    too_many_emoji: "The message has as many different reactions as it may have",
    too_many_reactions: "The app has added as many reactions to the message as it may",
    not_reactable: "This kind of item takes no reactions",
  }),
  ...group("validation", {
    no_text: "Give a text that is not empty",
    missing_text_or_fallback_or_attachments: "Give a text that is not empty",
    msg_too_long: "The text is too long; when updating it may have 4,000 characters",
    msg_blocks_too_long: "The blocks are too long",
    invalid_blocks: "The blocks do not follow Block Kit",
    invalid_blocks_format: "The blocks do not follow Block Kit",
    block_mismatch: "Rich-text blocks can only be replaced by rich-text blocks",
    too_many_attachments: "The message holds too many attachments or blocks",
    too_many_contact_cards: "The message holds more than 10 contact cards",
    attachment_payload_limit_exceeded: "The message is too large",
    invalid_name: "There is no such emoji in the workspace: give its name, like thumbsup",
    bad_timestamp: "The timestamp is no ts of a message, like 1503435956.000247",
    invalid_thread_ts: "threadTs is no ts of a message, like 1503435956.000247",
    no_item_specified: "Give the channel's ID and the message's ts",
    invalid_payload: "Slack could not read the message",
    invalid_arguments: "Slack refused an argument",
    invalid_arg_name: wrongRequest,
    invalid_array_arg: wrongRequest,
    invalid_charset: wrongRequest,
    invalid_form_data: wrongRequest,
    invalid_post_type: wrongRequest,
    missing_post_type: wrongRequest,
    invalid_json: wrongRequest,
    json_not_object: wrongRequest,
  }),
  ...group("rate_limited", {
    ratelimited: "Slack wants fewer calls",
    rate_limited: "Slack wants fewer messages",
  }),
  ...group("quota_exhausted", {
    message_limit_exceeded: "The workspace sends more messages than its plan allows",
  }),
  ...group("transient", {
    internal_error: "Slack failed for the moment",
    fatal_error: "Slack failed for the moment",
    rollup_error: "Slack failed for the moment",
    service_unavailable: "Slack is not available for the moment",
    request_timeout: "The request reached Slack incomplete, so nothing was done",
    team_added_to_org: "The workspace is being moved to an organisation",
    org_login_required: "The workspace is being moved to an organisation",
    external_channel_migrating: "The channel is being moved",
    update_failed: "Slack failed to update the message",
  }),
]);
