// Which system shows a webhook how? The registry of the five shapes.
import type { JsonObject } from "../../../model/json.ts";
import type { Dialect } from "../dialect.ts";
import { aqioWebhook } from "./aqio.ts";
import { bakhmachWebhook } from "./bakhmach.ts";
import { brainsaitWebhook } from "./brainsait.ts";
import { directorySubscription } from "./directory.ts";
import { hubWebhook } from "./hub.ts";
import type { ShownEndpoint } from "./shape.ts";

export const webhookByDialect: { readonly [dialect in Dialect]: (shown: ShownEndpoint) => JsonObject } = {
  bakhmach: bakhmachWebhook,
  hub: hubWebhook,
  brainsait: brainsaitWebhook,
  directory: directorySubscription,
  aqio: aqioWebhook,
};
