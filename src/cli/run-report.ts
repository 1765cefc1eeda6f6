/**
 * What `holdfast run` prints: the events of a supervisor, as lines for people, as JSON, or as a log. It listens as long as the
 * supervisor is there.
 */
import type { RunLogSettings } from '../ops/logs/run-log-settings.ts'
import type { RolloutEvents } from '../rollout/rollout-events.ts'
import type { Supervisor } from '../rollout/supervisor.ts'
import type { Terminal } from './command.ts'

/** Each event as a line; an empty one is left out. */
const LINES: {
  readonly [Name in Exclude<keyof RolloutEvents, 'figures' | 'gone'>]: (payload: RolloutEvents[Name]) => string
} = {
  portBusy: ({ port, withinMs }) => `port ${port} is in use; trying for ${withinMs / 1_000} s`,
  bound: ({ passed }) => (passed ? 'took the socket that systemd has passed' : ''),
  started: ({ workers, address, port }) => `${count(workers, 'worker')} on ${address} port ${port}`,
  worker: ({ slot, pid, generation, state }) =>
    state === 'serving' ? `worker ${slot} serves (pid ${pid}, version ${generation})` : '',
  crash: ({ slot, pid, reason, restartMs }) =>
    `worker ${slot} (pid ${pid}) died: ${reason}; ${restartMs === null ? 'it is not started again' : `starting another in ${restartMs} ms`}`,
  crashLoop: ({ slot, generation, fallback }) =>
    `version ${generation} crashes again and again in worker ${slot}; ${fallback === null ? 'nothing to go back to' : `going back to version ${fallback}`}`,
  progress: ({ phase, slot, step, steps, moved, total }) =>
    phase === 'starting' || phase === 'done'
      ? `worker ${slot} (${step} of ${steps}): ${phase === 'starting' ? 'starting a new one' : `replaced, ${moved} of ${total} moved`}`
      : '',
  reloaded: ({ generation, moved, drained, durationMs }) =>
    `version ${generation} has taken over in ${(durationMs / 1_000).toFixed(1)} s: ${moved} moved, ${drained.total} drained`,
  reloadFailed: ({ generation, reason }) => `version ${generation} has not taken over: ${reason}`,
  recycle: ({ slot, pid, reason }) => `replacing worker ${slot} (pid ${pid}): ${reason}`,
  notReady: ({ reasons }) => `not ready: ${reasons.join('; ')}`,
  ready: ({ notReadyMs }) => `ready again after ${(notReadyMs / 1_000).toFixed(1)} s`,
  draining: ({ workers }) => `draining ${count(workers, 'worker')}; once more ends them at once`,
  autopsy: ({ slot, generation, verdict, sentence }) =>
    verdict === 'clean' ? '' : `worker ${slot}, version ${generation}, has left something behind: ${sentence}`,
  ended: ({ reason, failed }) => (failed ? `ended: ${reason}` : 'ended'),
}

/** Ends with `close()`, when the supervisor has ended. @param log null: these lines, or JSON */
export async function reportRun(
  supervisor: Supervisor,
  terminal: Terminal,
  log: RunLogSettings | null,
  json: boolean,
): Promise<{ close(): void }> {
  if (log === null) {
    reportEvents(supervisor, terminal, json)
    return { close: () => {} }
  }
  // Loaded for who wants it: every other command, and every run without a log, does without.
  const { supervisorLogs } = await import('../ops/logs/run-logs.ts')
  return supervisorLogs(supervisor.events, log)
}

function reportEvents({ events }: Supervisor, terminal: Terminal, json: boolean): void {
  let started = false
  events.on('started', () => {
    started = true
  })
  for (const name of Object.keys(LINES) as (keyof typeof LINES)[]) {
    events.on(name, (payload) => {
      // Why it did not start is told by what start() throws.
      if (name === 'ended' && !started && !json && (payload as RolloutEvents['ended']).failed) return
      if (json) terminal.out(JSON.stringify({ event: name, ...payload }))
      else {
        const line = (LINES[name] as (payload: unknown) => string)(payload)
        if (line !== '') terminal.note(`holdfast: ${line}`)
      }
    })
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
