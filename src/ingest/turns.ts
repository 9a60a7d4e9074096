// Whose turn is it? Jobs wait by key, each key in its order, none in front of a key that could run; in small portions.

export type Ended = "settled" | "unsettled";
/** `room`: there is none in memory. `breaker`: the gate is shut. `changed`: what it waits for is not what it was. */
export type Refusal = "room" | "breaker" | "changed";

export type TurnOptions<Job> = {
  keyOf(job: Job): string;
  /** Whether a job may begin now, later, or not at all. `full`: no other one may either. */
  enter(job: Job): "entered" | "later" | "full" | Exclude<Refusal, "room">;
  run(job: Job): Promise<Ended>;
  /** For a job that finds no room in memory, and for all that wait for a gate that refuses. */
  refuse(job: Job, why: Refusal): Promise<Ended>;
  done(job: Job, how: Ended): void;
};

export type Turns<Job> = {
  add(job: Job): void;
  /** Somebody has left a gate, whoever it was: those who wait may begin. */
  look(): void;
  /** Jobs that wait. */
  waiting(): number;
};

/** Jobs of one key that may wait in memory. */
const waitingOfKeyMax = 500;
/** Jobs that are begun in one turn of the event loop: requests that come in meanwhile are not kept waiting. */
const portionMax = 16;

/** Runs jobs as their gates open. */
export function createTurns<Job>(options: TurnOptions<Job>): Turns<Job> {
  const queues = createQueues<Job>();
  let isScheduled = false;

  const end = (job: Job, work: Promise<Ended>): void => {
    void work.catch((): Ended => "unsettled").then((how) => options.done(job, how));
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      if (beginPortion(queues, options, end) === "more") schedule();
    });
  };
  return {
    add(job) {
      const key = options.keyOf(job);
      if (queues.sizeOf(key) >= waitingOfKeyMax) return end(job, options.refuse(job, "room"));
      queues.add(key, job);
      schedule();
    },
    look() {
      if (queues.size() > 0) schedule();
    },
    waiting: queues.size,
  };
}

/** Begins what may begin, from one key after the other. `more`: the portion is used up before the keys are. */
function beginPortion<Job>(
  queues: Queues<Job>,
  { enter, run, refuse }: TurnOptions<Job>,
  end: (job: Job, work: Promise<Ended>) => void,
): "more" | "done" {
  let left = portionMax;
  for (const key of queues.keys()) {
    for (let job = queues.first(key); job !== undefined; job = queues.first(key)) {
      if (left === 0) {
        queues.putLast(key);
        return "more";
      }
      const entry = enter(job);
      if (entry === "full") return "done";
      if (entry === "later") break;
      queues.shift(key);
      left--;
      end(job, entry === "entered" ? run(job) : refuse(job, entry));
    }
  }
  return "done";
}

type Queues<Job> = ReturnType<typeof createQueues<Job>>;

/** Jobs by key; the keys in the order of their turns. */
function createQueues<Job>() {
  const jobsByKey = new Map<string, Job[]>();
  let size = 0;
  return {
    keys: () => [...jobsByKey.keys()],
    size: () => size,
    sizeOf: (key: string) => jobsByKey.get(key)?.length ?? 0,
    first: (key: string): Job | undefined => jobsByKey.get(key)?.[0],
    add(key: string, job: Job): void {
      const jobs = jobsByKey.get(key);
      if (jobs === undefined) jobsByKey.set(key, [job]);
      else jobs.push(job);
      size++;
    },
    shift(key: string): void {
      const jobs = jobsByKey.get(key);
      if (jobs?.shift() === undefined) return;
      size--;
      if (jobs.length === 0) jobsByKey.delete(key);
    },
    /** Behind the others: no key that has many jobs is in front of one that has few. */
    putLast(key: string): void {
      const jobs = jobsByKey.get(key);
      if (jobs === undefined) return;
      jobsByKey.delete(key);
      jobsByKey.set(key, jobs);
    },
  };
}
