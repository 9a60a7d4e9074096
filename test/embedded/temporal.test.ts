// What is the dev server told about reading sealed payloads?
import { temporalSpec } from "../../src/embedded/temporal.ts";
import { testFolder } from "../support/folder.ts";

const ports = { port: 7233, uiPort: 8233 };
const flag = "--ui-codec-endpoint";

test("the UI of the dev server gets the codec endpoint, and none while payloads are not sealed", async () => {
  await using folder = await testFolder();
  const endpoint = "http://127.0.0.1:8080/temporal/codec/token";
  const { args } = await temporalSpec("temporal", folder.path, ports, endpoint);
  expect(args[args.indexOf(flag) + 1]).toBe(endpoint);
  expect((await temporalSpec("temporal", folder.path, ports)).args).not.toContain(flag);
});
