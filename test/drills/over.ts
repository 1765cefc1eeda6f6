/**
 * What must be undone when a drill is over, however it ends: returned, thrown, SIGINT, SIGTERM. Steps are synchronous and run
 * last in first out; each is taken off by the function that adding it returned.
 */

// Removed by: the function whenOver() returned, or the end of the process.
const steps = new Set<() => void>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `step` when the process ends, unless the function it returns is called before. */
export function whenOver(step: () => void): () => void {
  if (steps.size === 0) listen()
  steps.add(step)
  return () => {
    steps.delete(step)
    if (steps.size === 0) deaf()
  }
}

function listen(): void {
  process.on('exit', undo)
  for (const signal of SIGNALS) process.on(signal, leave)
}

function deaf(): void {
  process.off('exit', undo)
  for (const signal of SIGNALS) process.off(signal, leave)
}

/** Exit code 2: the drill could not run to its end. */
function leave(): void {
  process.exit(2)
}

function undo(): void {
  for (const step of [...steps].reverse()) {
    steps.delete(step)
    try {
      step()
    } catch (thrown) {
      console.error(thrown)
    }
  }
}
