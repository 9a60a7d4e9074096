// Does a run send what its template says, from the first event to the wire?
import { startApp, type TestApp } from "../support/app.ts";
import { startReceiver } from "../support/receiver.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const named = (template: string) => ({ $template: template });

test("a run sends the texts that its version was published with, though the templates have changed since", async () => {
  await using receiver = await startReceiver();
  const save = (slug: string, kind: string, text: string) =>
    app.call("POST", "/v1/templates", { slug, name: slug, kind, text });
  const made = [
    await save("wire", "slack", "{{#if event.data.title}}*{{event.data.title}}*{{/if}} {{vars.plain}}"),
    await save("plain", "text", "Nothing to fill in"),
  ];
  expect(made.map(({ status }) => status)).toEqual([201, 201]);
  const data = { wire: named("wire"), plain: named("plain@1") };
  await app.createFlow({
    on: { event: "wire.happened" },
    steps: [
      // Without a single {{: what the workflow could take for a plain value.
      { id: "note", set: { plain: named("plain") } },
      { id: "send", use: "webhook.post", with: { url: receiver.url, data } },
      { id: "end", stop: "failed", reason: named("wire") },
    ],
  });
  const later = { name: "wire", kind: "text", text: "too late" };
  expect((await app.call("PUT", "/v1/templates/wire", later, { "if-match": "*" })).status).toBe(200);
  expect((await app.call("POST", "/v1/templates/plain/archive")).status).toBe(200);

  const { body } = await app.publish({ type: "wire.happened", data: { title: "<!channel> & co" } });
  const [request] = await receiver.waitFor(1);
  const wire = "*&lt;!channel&gt; &amp; co* Nothing to fill in";
  expect(JSON.parse(String(request?.body))).toMatchObject({ data: { wire, plain: "Nothing to fill in" } });
  const run = await app.run(body.runs[0]);
  expect(run).toMatchObject({ status: "failed", error: { class: "stopped", message: wire } });
  const steps = await app.steps(run.id);
  expect(steps.find(({ path }) => path === "note")?.output).toEqual({ plain: "Nothing to fill in" });
});

test("a value that a template cannot take fails the step with the template's name, and no secret of the event", async () => {
  await app.call("POST", "/v1/templates", {
    slug: "strict",
    name: "Strict",
    kind: "text",
    text: "{{upper event.data.a}}",
  });
  await app.createFlow({
    on: { event: "strict.happened" },
    steps: [{ id: "send", use: "webhook.post", with: { url: "https://hooks.example.com", data: named("strict") } }],
  });
  const { body } = await app.publish({ type: "strict.happened", data: { a: { token: "hunter2" } } });
  const run = await app.run(body.runs[0]);
  expect(run).toMatchObject({
    status: "failed",
    error: {
      class: "template",
      message: "with/data: In the template `strict@1`: `upper` needs a text, not an object.",
    },
  });
  expect(JSON.stringify([run, await app.steps(run.id)])).not.toContain("hunter2");
});
