// Runs that began under an earlier build go on under this one: the workflow replays every recorded history.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { historyFromJSON } from "@temporalio/common/lib/proto-utils.js";
import { Worker } from "@temporalio/worker";
import { deliveryScenarios } from "./delivery-scenarios.ts";
import { scenarios } from "./scenarios.ts";

const folder = join(__dirname, "histories");
const workflowBundle = { codePath: process.env["MILLRACE_TEST_WORKFLOW_BUNDLE"] ?? "" };

const readHistory = (name: string) => historyFromJSON(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));

const names = [...scenarios, ...deliveryScenarios].map(({ name }) => name);

test.each(names)("the recorded run %s replays to the same commands", async (name) => {
  await expect(Worker.runReplayHistory({ workflowBundle }, readHistory(name), name)).resolves.toBeUndefined();
});

test("every recorded history belongs to a scenario, and every scenario has one", () => {
  const recorded = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(recorded.toSorted()).toEqual(names.toSorted());
});

test("a workflow that asks for something else than the history does is found out", async () => {
  const history = readHistory("one-delivery");
  const scheduled = history.events?.find((event) => event.activityTaskScheduledEventAttributes);
  // The mutant: the history of a run whose step had another name.
  scheduled!.activityTaskScheduledEventAttributes!.activityId = "somebody-else";
  await expect(Worker.runReplayHistory({ workflowBundle }, history, "mutant")).rejects.toThrow(/[Nn]ondeterminism/);
});
