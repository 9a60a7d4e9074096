// What does a tenant's flow meet when it is compiled? The actions of this installation, and what the tenant has of its own.
import type { CompileContext } from "../flow/compile.ts";
import type { TenantId } from "../model/ids.ts";
import type { ApiDeps } from "./deps.ts";
import { shippedTemplates } from "./shipped-templates.ts";
import { lookupTemplates } from "./template-lookup.ts";

export type FlowContext = Omit<CompileContext, "flow">;

/** What the document, which may be anything, is compiled against at this moment. */
export async function flowContextOf(
  { store, actions }: Pick<ApiDeps, "store" | "actions">,
  tenantId: TenantId,
  document: unknown,
): Promise<FlowContext> {
  const [connections, templates] = await Promise.all([
    store.connections.connectorByName(tenantId),
    lookupTemplates(store.templates, shippedTemplates, tenantId, document),
  ]);
  return { actions, connections, templates };
}
