// The tools for receivers together: a simulated event is delivered to the inbox, whose verdict is the sender's own.
import { startApp } from "../support/app.ts";
import { until } from "../support/wait.ts";

type Message = { body: string; headers: Record<string, string>; verification: { verified: boolean; by?: string } };

test("a simulated event reaches an endpoint in test mode, and the inbox tells whose signature it is, in each dialect", async () => {
  await using app = await startApp();
  const messages = async (name: string) => (await app.call<{ data: Message[] }>("GET", `/v1/inbox/${name}`)).body.data;
  for (const profile of ["standard", "cloudevents", "github", "bakhmach", "hub", "brainsait", "directory", "aqio"]) {
    const endpoint = await app.call("POST", "/v1/endpoints", {
      url: `${app.url}/inbox/${profile}`,
      events: [`tried.${profile}`],
      profile,
      testMode: true,
    });
    expect([profile, endpoint.status]).toEqual([profile, 201]);
    const simulated = await app.call<{ deliveries: number; event: { id: string } }>(
      "POST",
      `/v1/event-types/tried.${profile}/simulate`,
      { data: { title: "Zoë’s \u{1f600}", n: 1.5 } },
    );
    expect([profile, simulated.status, simulated.body.deliveries]).toEqual([profile, 202, 1]);
    await until(async () => (await messages(profile)).length > 0);
    const [message] = await messages(profile);
    expect([profile, message?.verification]).toEqual([profile, { verified: true, by: `endpoint ${endpoint.body.id}` }]);
    expect(message?.body).toContain("Zoë’s \u{1f600}");
  }
});

test("an endpoint that is not in test mode gets no simulated event, unless it is live", async () => {
  await using app = await startApp();
  const endpoint = { url: `${app.url}/inbox/live`, events: ["tried.live"] };
  expect((await app.call("POST", "/v1/endpoints", endpoint)).status).toBe(201);
  const simulate = async (body: unknown) =>
    (await app.call<{ deliveries: number }>("POST", "/v1/event-types/tried.live/simulate", body)).body.deliveries;
  expect([await simulate({}), await simulate({ live: true })]).toEqual([0, 1]);
});
