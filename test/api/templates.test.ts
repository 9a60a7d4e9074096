// Message templates over HTTP: saving, versions, two writers, previews, and the flows that name them.
import type { TenantId } from "../../src/model/ids.ts";
import { shippedTemplates } from "../../src/api/shipped-templates.ts";
import { aFlow, startApi, type TestApi } from "./start-api.ts";

let app: TestApi;
beforeAll(async () => {
  app = await startApi();
});
afterAll(() => app.stop());

const draft = (rest: object = {}) => ({ name: "Alert", kind: "slack", text: "{{event.data.title}}", ...rest });
const create = async (rest: object = {}, key = app.key) => {
  const answer = await app.call("POST", "/v1/templates", { body: draft(rest), key });
  if (answer.status !== 201) throw new Error(answer.text);
  return { ...answer.body, etag: answer.headers.get("etag") ?? "" };
};
const get = (path: string, key = app.key) => app.call("GET", `/v1/templates${path}`, { key });
const put = (id: string, body: unknown, etag?: string) =>
  app.call("PUT", `/v1/templates/${id}`, { body, headers: etag === undefined ? {} : { "if-match": etag } });
const preview = (body: unknown) => app.call("POST", "/v1/templates/preview", { body });
const naming = (template: string, rest: Record<string, unknown> = {}) => aFlow({ steps: [sending(template)], ...rest });
const sending = (template: string) => ({
  id: "notify",
  use: "webhook.post",
  with: { url: "https://hooks.example.com/in", data: { text: { $template: template } } },
});
const createFlow = async (body: unknown, key = app.key) => {
  const answer = await app.call("POST", "/v1/flows", { body, key });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
};
/** The message in the plan of a flow's published version. */
const publishedMessage = async (flowId: `flow_${string}`, version: number) => {
  const plan = await app.store.flows.plan(app.tenantId, flowId, version);
  const [step] = plan?.steps ?? [];
  return JSON.parse(JSON.stringify(step)).with.data.text.$message;
};
const newTenant = async (): Promise<{ key: string; tenantId: TenantId }> => {
  const tenantId = await app.store.tenants.create("Other");
  return { tenantId, key: await app.newKey(tenantId) };
};

describe("saving", () => {
  test("a template is answered with its shape, ETag and address, and read by id or slug", async () => {
    const sample = { type: "review.created", data: { $where: 1, title: "Cold" } };
    const body = draft({ slug: "shape", description: "What it is for.", sample });
    const made = await app.call("POST", "/v1/templates", { body });
    expect(made.status).toBe(201);
    expect(made.headers.get("etag")).toBe('"r1"');
    expect(made.headers.get("location")).toBe(`/v1/templates/${made.body.id}`);
    expect(made.body).toEqual({
      ...body,
      id: expect.stringMatching(/^tmpl_[0-9A-Za-z]{22}$/),
      version: 1,
      shipped: false,
      archived: false,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    for (const name of [made.body.id, "shape"]) expect((await get(`/${name}`)).body).toEqual(made.body);
    const again = await app.call("GET", "/v1/templates/shape", { headers: { "if-none-match": '"r1"' } });
    expect(again.status).toBe(304);
  });

  test("slugs are made from names, and never that of a shipped template unless it is asked for", async () => {
    const { key } = await newTenant();
    const slugs = [];
    for (const name of ["Twice told", "Twice told", "Review alert", "Preview", "Сповіщення"]) {
      slugs.push((await create({ name }, key)).slug);
    }
    expect(slugs).toEqual(["twice-told", "twice-told-2", "review-alert-2", "preview-2", "template"]);
    for (const slug of ["twice-told", "preview"]) {
      const { status, body } = await app.call("POST", "/v1/templates", { body: draft({ slug }), key });
      expect([slug, status, body.code]).toEqual([slug, 409, "state.conflict"]);
    }
    expect((await create({ slug: "review-alert" }, key)).slug).toBe("review-alert");
  });

  test("two requests under one Idempotency-Key make one template", async () => {
    const headers = { "idempotency-key": "template-once" };
    const body = draft({ name: "Made once" });
    const [first, second] = await Promise.all([1, 2].map(() => app.call("POST", "/v1/templates", { body, headers })));
    expect([first?.status, second?.status, second?.body]).toEqual([201, 201, first?.body]);
  });

  test("a create that was cut off after its write is answered with what it made", async () => {
    const id = "tmpl_00000000zzzzzzzzzzzzzz";
    const given = { slug: "cut-off", name: "A", kind: "text", description: "", text: "a", sample: null } as const;
    const first = await app.store.templates.create(app.tenantId, id, given);
    expect(await app.store.templates.create(app.tenantId, id, given)).toEqual(first);
    expect(await app.store.templates.create(app.tenantId, "tmpl_00000000yyyyyyyyyyyyyy", given)).toBe("slug_taken");
  });

  test("line breaks become those of Unix", async () => {
    expect((await create({ name: "CRLF", text: "a\r\nb\rc\n" })).text).toBe("a\nb\nc\n");
  });

  test.each<[string, object, string, string, RegExp]>([
    [
      "a template that does not parse",
      { text: "a\n{{#if}}" },
      "/text",
      "template",
      /^The template cannot be read: Parse error on line 2: a block is not closed/,
    ],
    ["a mustache that is never closed", { text: "{{event.id" }, "/text", "template", /never closed/],
    ["a partial", { text: "{{> other}}" }, "/text", "template", /Partials/],
    ["code", { text: "{{constructor.constructor}}" }, "/text", "template", /cannot lead through/],
    ["a prototype", { text: "{{lookup event '__proto__'}}{{event.__proto__.x}}" }, "/text", "template", /cannot lead/],
    ["a decorator", { text: "{{* decorator}}" }, "/text", "template", /decorators/],
    ["nested brackets without end", { text: `{{upper ${"(".repeat(8_000)}` }, "/text", "template", /Calls nest/],
    ["deep blocks", { text: "{{#if a}}".repeat(400) }, "/text", "template", /Blocks nest/],
    ["too many mustaches", { text: "{{event.id}}".repeat(501) }, "/text", "template", /at most 500 mustaches/],
    ["more than 16 KB", { text: "é".repeat(9_000) }, "/text", "template", /at most 16 KB/],
    [
      "a function of another kind",
      { kind: "email", text: "{{slackQuote event.id}}" },
      "/text",
      "template",
      /kind `slack`/,
    ],
    ["a path that nothing has", { text: "{{data.title}}" }, "/text", "reference.unknown", /`data` is nothing/],
    ["an unknown kind", { kind: "sms" }, "/kind", "value", /one of/],
    ["an unknown member", { texts: 1 }, "/texts", "unknown", /not known/],
    ["a sample without data", { sample: { type: "a" } }, "/sample/data", "required", /missing/],
  ])("refuses %s, at its place", async (_, rest, pointer, code, message) => {
    const { status, body } = await app.call("POST", "/v1/templates", { body: draft(rest) });
    expect([status, body.code]).toEqual([422, "template.invalid"]);
    expect(body.errors).toContainEqual(
      expect.objectContaining({ pointer, code, message: expect.stringMatching(message) }),
    );
  });
});

describe("changing", () => {
  test("a new text is a new version, a new name is not, and no version ever changes", async () => {
    const made = await create({ name: "Versioned", text: "one" });
    const second = await put(made.id, draft({ name: "Versioned", text: "two" }), made.etag);
    expect([second.status, second.body.version, second.headers.get("etag")]).toEqual([200, 2, '"r2"']);
    const renamed = await put(made.id, draft({ name: "Renamed", text: "two" }), '"r2"');
    expect([renamed.body.version, renamed.body.name, renamed.body.slug]).toEqual([2, "Renamed", "versioned"]);
    const third = await put(made.id, draft({ name: "Renamed", text: "two", kind: "text" }), '"r3"');
    expect(third.body.version).toBe(3);

    const { body } = await get(`/${made.id}/versions`);
    expect(body.nextCursor).toBeNull();
    expect(body.data.map((one: { version: number; kind: string }) => [one.version, one.kind])).toEqual([
      [3, "text"],
      [2, "slack"],
      [1, "slack"],
    ]);
    const texts = await Promise.all([1, 2, 3].map((number) => get(`/versioned/versions/${number}`)));
    expect(texts.map((one) => [one.body.version, one.body.text])).toEqual([
      [1, "one"],
      [2, "two"],
      [3, "two"],
    ]);
    expect(texts[0]?.body.createdAt).toBe(made.createdAt);
    for (const wrong of ["0", "4", "x", "01", "1.0", "99999999999"]) {
      expect([wrong, (await get(`/${made.id}/versions/${wrong}`)).status]).toEqual([wrong, 404]);
    }
  });

  test("of two writers who read the same template the second is told, and `*` replaces whatever is there", async () => {
    const made = await create({ name: "Contested" });
    expect((await put(made.id, draft())).body.code).toBe("precondition.required");
    const answers = await Promise.all(["A", "B"].map((text) => put(made.id, draft({ text }), made.etag)));
    expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const sure = await Promise.all(["C", "D", "E"].map((text) => put(made.id, draft({ text }), "*")));
    expect(sure.map((one) => one.status)).toEqual([200, 200, 200]);
    const { body } = await get(`/${made.id}/versions`);
    expect(body.data).toHaveLength(5);
    const texts = await Promise.all([1, 2, 3, 4, 5].map((number) => get(`/${made.id}/versions/${number}`)));
    expect(new Set(texts.map((one) => one.body.text)).size).toBe(5);
  });

  test("a change that was cut off between its writes has changed nothing, and the next one is whole", async () => {
    const made = await create({ name: "Cut short", text: "first" });
    const seen = await app.store.templates.find(app.tenantId, made.id);
    if (!seen) throw new Error("The template is gone.");
    const next = { slug: "cut-short", name: "A", kind: "slack", description: "", text: "lost", sample: null } as const;
    // The version before is kept, then somebody else is first: what a crash between the two leaves behind.
    const stale = await app.store.templates.replace(app.tenantId, { ...seen, revision: 99 }, next);
    expect(stale.outcome).toBe("stale");
    // Were it kept after the change, a crash between the two would lose it.
    expect(await app.store.templates.version(app.tenantId, { ...seen, version: 2 }, 1)).toMatchObject({
      text: "first",
    });
    expect((await get(`/${made.id}`)).body).toMatchObject({ version: 1, text: "first" });
    expect((await get(`/${made.id}/versions`)).body.data).toHaveLength(1);
    expect((await get(`/${made.id}/versions/1`)).body.text).toBe("first");
    await put(made.id, draft({ text: "second" }), made.etag);
    expect((await get(`/${made.id}/versions/1`)).body.text).toBe("first");
    expect((await get(`/${made.id}/versions`)).body.data).toHaveLength(2);
  });

  test("a slug that another template has is a conflict", async () => {
    const [one, other] = [await create({ name: "One of two" }), await create({ name: "Two of two" })];
    const { status, body } = await put(other.id, draft({ slug: one.slug }), other.etag);
    expect([status, body.code]).toEqual([409, "state.conflict"]);
  });
});

describe("shipped templates", () => {
  test("are read by slug, and cannot be changed", async () => {
    const { status, body } = await get("/review-alert");
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: null, slug: "review-alert", kind: "slack", version: 1, shipped: true });
    expect((await get("/review-alert/versions")).body.data).toEqual([{ version: 1, kind: "slack", createdAt: null }]);
    expect((await get("/review-alert/versions/1")).body.text).toBe(body.text);
    expect((await get("/review-alert/versions/2")).status).toBe(404);
    for (const answer of [
      await put("review-alert", draft(), "*"),
      await app.call("POST", "/v1/templates/review-alert/archive"),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([409, "state.conflict"]);
      expect(answer.body.detail).toContain("one of your own");
    }
  });

  test("stand at the end of the list, without those whose slug the tenant has taken, on pages of any size", async () => {
    const { key } = await newTenant();
    const own = [];
    for (const slug of ["a", "b", "review-alert"]) own.unshift((await create({ slug }, key)).slug);
    const shipped = [...shippedTemplates.keys()].filter((slug) => slug !== "review-alert");
    for (const limit of [1, 2, 3, 4, 7, 200]) {
      const slugs: string[] = [];
      let cursor = "";
      do {
        const { body } = await get(`?limit=${limit}${cursor && `&cursor=${cursor}`}`, key);
        expect(body.data.length).toBeLessThanOrEqual(limit);
        slugs.push(...body.data.map((one: { slug: string }) => one.slug));
        cursor = body.nextCursor ?? "";
      } while (cursor !== "");
      expect([limit, slugs]).toEqual([limit, [...own, ...shipped]]);
    }
    const kinds = (await get("?kind=email", key)).body.data.map((one: { kind: string }) => one.kind);
    expect(new Set(kinds)).toEqual(new Set(["email"]));
    expect((await get("?kind=sms", key)).status).toBe(422);
  });

  test("can be told apart from what is in a list: no row has a text", async () => {
    for (const row of (await get("")).body.data) expect(Object.keys(row)).not.toContain("text");
  });

  test.each([...shippedTemplates.values()].map(({ slug }) => slug))("%s has a sample that it shows", async (slug) => {
    const { status, body } = await preview({ template: slug });
    expect(status).toBe(200);
    expect(body.text.length).toBeGreaterThan(40);
    expect(body.text).not.toMatch(/undefined|null|\[object/);
    expect(body.bytes).toBe(Buffer.byteLength(body.text));
  });
});

describe("a preview", () => {
  const event = { type: "review.created", data: { title: "<!channel>", rating: 2 } };

  test("renders a text of a kind with an event, outputs and variables, and saves nothing", async () => {
    const text = "{{event.type}} {{event.data.title}} {{steps.case.id}} {{vars.total}} {{flow.name}} {{error.message}}";
    const rest = { steps: { case: { id: "500x1" } }, vars: { total: 3 }, error: { message: "no" } };
    const shown = await preview({ kind: "slack", text, event, ...rest });
    expect(shown.body).toEqual({ text: "review.created &lt;!channel&gt; 500x1 3 Preview no", bytes: 50 });
    const plain = await preview({ kind: "email", text: "{{event.data.title}} é", event });
    expect(plain.body).toEqual({ text: "<!channel> é", bytes: 13 });
  });

  test("renders a saved template, one of its versions, and its sample", async () => {
    const made = await create({ name: "Shown", text: "one {{event.data.a}}", sample: { type: "a", data: { a: "&" } } });
    await put(made.id, draft({ name: "Shown", text: "two {{event.data.a}}" }), made.etag);
    expect((await preview({ template: "shown@1", event: { type: "a", data: { a: 1 } } })).body.text).toBe("one 1");
    expect((await preview({ template: "shown", event: { type: "a", data: { a: 2 } } })).body.text).toBe("two 2");
    // The second draft took the sample away.
    const { status, body } = await preview({ template: "shown" });
    expect([status, body.errors[0].pointer]).toEqual([422, "/event"]);
  });

  test.each<[string, object, string, RegExp]>([
    [
      "a text that is no template",
      { kind: "slack", text: "a\n\n  {{#each}}" },
      "/text",
      /^The template cannot be read: Parse error on line 3: a block is not closed/,
    ],
    ["a function of another kind", { kind: "text", text: "{{wrap event.type}}" }, "/text", /kind `email`/],
    ["a value of the wrong type", { kind: "text", text: "{{upper event.data}}" }, "/text", /`upper` needs a text/],
    [
      "too much work",
      { kind: "text", text: `{{#each event.data.l}}${"{{#each @root.event.data.l}}x{{/each}}".repeat(3)}{{/each}}` },
      "/text",
      /budget/,
    ],
    ["a text without a kind", { text: "a" }, "/kind", /missing/],
    ["neither text nor template", {}, "", /needed here/],
    ["both", { kind: "text", text: "a", template: "review-alert" }, "", /Only one of/],
    ["an unknown template", { template: "nothing-here" }, "/template", /no message template/],
    ["an unknown version", { template: "review-alert@7" }, "/template", /no message template/],
    ["what is no name", { template: "No Name" }, "/template", /no message template/],
  ])("refuses %s with template.invalid", async (_, body, pointer, message) => {
    const data = { l: Array.from({ length: 200 }, () => 1) };
    const answer = await preview({ event: { type: "a", data }, ...body });
    expect([answer.status, answer.body.code]).toEqual([422, "template.invalid"]);
    expect(answer.body.errors).toContainEqual(
      expect.objectContaining({ pointer, message: expect.stringMatching(message) }),
    );
  });
});

describe("a flow that names a template", () => {
  test("gets its text at publish, and keeps it whatever becomes of the template", async () => {
    const template = await create({ name: "Kept", text: "one {{event.data.title}}" });
    const flow = await createFlow(naming("kept"));
    expect(flow.problems).toEqual([]);
    expect((await app.call("POST", `/v1/flows/${flow.id}/publish`)).status).toBe(200);
    await put(template.id, draft({ name: "Kept", text: "two {{event.data.title}}" }), template.etag);
    const first = { kind: "slack", text: "one {{event.data.title}}", template: "kept@1" };
    expect(await publishedMessage(flow.id, 1)).toEqual(first);
    expect((await app.call("GET", `/v1/flows/${flow.id}`)).body.draft).toEqual(naming("kept"));

    expect((await app.call("POST", `/v1/flows/${flow.id}/publish`)).body.version).toBe(2);
    expect(await publishedMessage(flow.id, 2)).toMatchObject({ text: "two {{event.data.title}}", template: "kept@2" });
    await app.call("PUT", `/v1/flows/${flow.id}`, { body: naming("kept@1"), headers: { "if-match": "*" } });
    await app.call("POST", `/v1/flows/${flow.id}/publish`);
    expect(await publishedMessage(flow.id, 3)).toEqual(first);
  });

  test("can be tried, with the rendered message shown", async () => {
    const flow = await createFlow(naming("review-alert"));
    const event = { type: "review.created", data: { rating: 1, title: "<!here>" } };
    const { status, body } = await app.call("POST", `/v1/flows/${flow.id}/test`, { body: { event } });
    expect(status).toBe(200);
    expect(body.steps.notify.input.data.text).toContain("*&lt;!here&gt;*");
  });

  test("is told of a name that nobody knows: as a problem, by validating and by publishing", async () => {
    await create({ slug: "team-news" });
    const flow = await createFlow(naming("team-nws"));
    const found = { pointer: "/steps/0/with/data/text/$template", code: "template.unknown", suggestion: "team-news" };
    expect(flow.problems).toMatchObject([found]);
    const validated = await app.call("POST", "/v1/flows/validate", { body: naming("team-nws") });
    expect(validated.body.errors).toEqual(flow.problems);
    const refused = await app.call("POST", `/v1/flows/${flow.id}/publish`);
    expect([refused.status, refused.body.code, refused.body.errors]).toEqual([422, "flow.invalid", flow.problems]);
    expect((await createFlow(naming("review-alrt"))).problems).toMatchObject([{ suggestion: "review-alert" }]);
    expect((await createFlow(naming("team-news@2"))).problems).toMatchObject([{ suggestion: "team-news@1" }]);
  });

  test("gets the tenant's own template before one of ours, and nobody else's", async () => {
    const { tenantId, key } = await newTenant();
    await create({ slug: "run-failed", text: "own" }, key);
    await create({ slug: "theirs-only", text: "secret" }, key);
    const publishAs = async (body: unknown, as: string) => {
      const flow = await createFlow(body, as);
      await app.call("POST", `/v1/flows/${flow.id}/publish`, { key: as });
      return flow;
    };
    const flow = await publishAs(naming("run-failed"), key);
    const plan = await app.store.flows.plan(tenantId, flow.id, 1);
    expect(JSON.stringify(plan)).toContain('"$message":{"kind":"slack","text":"own","template":"run-failed@1"}');

    const [problem] = (await createFlow(naming("theirs-only"))).problems;
    expect(problem).toMatchObject({ code: "template.unknown", message: "There is no message template `theirs-only`." });
    expect((await createFlow(naming("theirs-onl"))).problems[0].suggestion).toBeUndefined();
  });

  test("cannot name an archived one, and can once it is restored; what is published goes on", async () => {
    const template = await create({ slug: "seasonal", text: "winter" });
    const flow = await createFlow(naming("seasonal"));
    await app.call("POST", `/v1/flows/${flow.id}/publish`);
    const archived = await app.call("POST", "/v1/templates/seasonal/archive");
    expect([archived.status, archived.body.archived, archived.headers.get("etag")]).toEqual([200, true, '"r2"']);
    expect((await app.call("POST", "/v1/templates/seasonal/archive")).headers.get("etag")).toBe('"r2"');
    expect(await publishedMessage(flow.id, 1)).toMatchObject({ text: "winter" });
    for (const name of ["seasonal", "seasonal@1"]) {
      const [problem] = (await createFlow(naming(name))).problems;
      expect(problem).toMatchObject({ code: "template.unknown", message: expect.stringContaining("is archived") });
    }
    expect((await preview({ template: "seasonal", event: { type: "a", data: {} } })).status).toBe(422);
    expect((await put(template.id, draft(), "*")).body.code).toBe("state.conflict");
    expect((await app.call("POST", "/v1/templates/seasonal/restore")).body.archived).toBe(false);
    expect((await createFlow(naming("seasonal"))).problems).toEqual([]);
  });

  test("an archived template of one's own is never silently the shipped one again", async () => {
    const { key } = await newTenant();
    const own = await create({ slug: "review-case", kind: "text", text: "own" }, key);
    await app.call("POST", `/v1/templates/${own.id}/archive`, { key });
    const flow = await createFlow(naming("review-case"), key);
    expect(flow.problems).toMatchObject([{ code: "template.unknown" }]);
  });

  test("is listed with the template, by draft, exactly", async () => {
    const template = await create({ slug: "used" });
    await create({ slug: "used-not" });
    const [both, pinned] = [
      await createFlow(naming("used", { name: "Both", output: { $template: "used@1" } })),
      await createFlow(naming("used@1", { name: "Pinned" })),
    ];
    await createFlow(naming("used-not"));
    // The same characters as data.
    await createFlow(aFlow({ output: { text: '"$template":"used"', data: { $literal: { $template: "used" } } } }));
    const { key } = await newTenant();
    await createFlow(naming("used"), key);
    const { body } = await get(`/${template.id}/usage`);
    expect(body.data).toEqual([
      { flow: { id: pinned.id, slug: pinned.slug, name: "Pinned" }, draft: ["used@1"] },
      { flow: { id: both.id, slug: both.slug, name: "Both" }, draft: ["used", "used@1"] },
    ]);
    expect((await get("/weekly-summary/usage")).body.data).toEqual([]);
  });
});

test("another tenant's templates are answered like templates that do not exist, and nothing of theirs changes", async () => {
  const { key } = await newTenant();
  const theirs = await create({ slug: "their-own" }, key);
  const before = (await get(`/${theirs.id}`, key)).text;
  for (const id of [theirs.id, "their-own"]) {
    for (const [method, path] of [
      ["GET", ""],
      ["PUT", ""],
      ["GET", "/versions"],
      ["GET", "/versions/1"],
      ["GET", "/usage"],
      ["POST", "/archive"],
      ["POST", "/restore"],
    ] as const) {
      const request = { ...(method === "PUT" ? { body: draft() } : {}), headers: { "if-match": "*" } };
      const answer = await app.call(method, `/v1/templates/${id}${path}`, request);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, "resource.not_found"]);
    }
  }
  expect((await preview({ template: "their-own", event: { type: "a", data: {} } })).status).toBe(422);
  expect((await get("")).text).not.toContain(theirs.id);
  expect((await get(`/${theirs.id}`, key)).text).toBe(before);
});
