/** When memory runs out, the kernel is to end this process and not one that serves. A function; it holds until the process ends. */
import { writeFileSync } from 'node:fs'

/** Where that cannot be said, it runs as it is. */
export function goesFirst(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Another platform.
  }
}
