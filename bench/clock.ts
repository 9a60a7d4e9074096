// One clock for all processes of a benchmark: the machine's monotonic one, which nobody sets.

/** Now, in milliseconds since the machine's start; the same in every process. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
