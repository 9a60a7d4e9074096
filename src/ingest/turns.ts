// Whose turn is it? Jobs wait by key, each key in its order, none in front of a key that could run; in small portions.

type Refusal = "full" | "refused";

export type Turns<Job> = {
  add(job: Job): void;
  /** Jobs that wait. */
  waiting(): number;
};

/** Jobs of one key that may wait in memory. */
const waitingOfKeyMax = 500;
/** Jobs that are begun in one turn of the event loop: requests that come in meanwhile are not kept waiting. */
const portionMax = 16;

/**
 * Runs jobs as their gates open. `enter` answers whether a job may begin now, later, or not at all; a job for which there is
 * no room in memory, and all that wait for a gate that refuses, go to `refuse`.
 */
export function createTurns<Job>(options: {
  keyOf(job: Job): string;
  enter(job: Job): "entered" | "later" | "refused";
  run(job: Job): Promise<"settled" | "unsettled">;
  refuse(job: Job, why: Refusal): Promise<"settled" | "unsettled">;
  done(job: Job, how: "settled" | "unsettled"): void;
}): Turns<Job> {
  const { keyOf, enter, run, refuse, done } = options;
  /** By key; the map's order is that of the turns. */
  const queues = new Map<string, Job[]>();
  let waiting = 0;
  let scheduled = false;

  const end = (job: Job, work: Promise<"settled" | "unsettled">): void => {
    void work
      .catch((): "unsettled" => "unsettled")
      .then((how) => {
        done(job, how);
        if (waiting > 0) schedule();
      });
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(pump);
  };
  /** One round over the keys that wait: from each as much as its gate lets through. */
  const pump = (): void => {
    scheduled = false;
    let left = portionMax;
    for (const [key, queue] of [...queues]) {
      if (left === 0) return schedule();
      left = drain(key, queue, left);
    }
  };
  const drain = (key: string, queue: Job[], portion: number): number => {
    let left = portion;
    while (queue.length > 0 && left > 0) {
      const [job] = queue;
      if (job === undefined) break;
      const entry = enter(job);
      if (entry === "later") return left;
      queue.shift();
      waiting--;
      left--;
      end(job, entry === "entered" ? run(job) : refuse(job, "refused"));
    }
    queues.delete(key);
    // Behind the others: no key that has many jobs is in front of one that has few.
    if (queue.length > 0) queues.set(key, queue);
    return left;
  };

  return {
    add(job) {
      const key = keyOf(job);
      const queue = queues.get(key);
      if (queue !== undefined && queue.length >= waitingOfKeyMax) return end(job, refuse(job, "full"));
      if (queue === undefined) queues.set(key, [job]);
      else queue.push(job);
      waiting++;
      schedule();
    },
    waiting: () => waiting,
  };
}
