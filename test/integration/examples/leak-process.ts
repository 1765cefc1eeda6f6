/**
 * A program of examples/leaks in a process of its own, and what can be reached in it. Owned by one test; ends with it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { CensusReport } from '../../../src/diagnose/census/report.ts'
import type { WorkReport } from '../../../src/diagnose/work/work.ts'
import { ask } from '../../support/admin-client.ts'
import { within } from '../../support/deadline.ts'

const DEADLINE_MS = 20_000
const CHILD = fileURLToPath(new URL('./leak-child.js', import.meta.url))

/** What can be reached, by class, and how much memory is in use. */
export interface Look {
  readonly counts: Readonly<Record<string, number>>
  readonly bytes: number
}

export interface LeakProcess {
  readonly url: string
  /** The file of the program. */
  readonly file: string
  look(): Promise<Look>
  /** `/debug/work`, without the admin port itself. */
  work(): Promise<WorkReport>
  /** `/debug/census`, taken now: kind, route and count of what is over and still reachable. */
  census(): Promise<(readonly [kind: string, route: string, count: number])[]>
  /** How many connections have not closed, by the ledger. */
  unclosed(): Promise<number>
}

export async function startLeak(t: TestContext, path: string): Promise<LeakProcess> {
  const file = fileURLToPath(new URL(`../../../examples/leaks/${path}`, import.meta.url))
  const child = fork(CHILD, [file], { execArgv: ['--expose-gc', '--no-warnings', '--single-threaded-gc'] })
  t.after(() => child.kill('SIGKILL'))
  const { port, adminPort } = (await messageOf(child, `${path} to start`)) as { port: number; adminPort: number }
  return {
    ...{ url: `ws://127.0.0.1:${port}/`, file },
    async look() {
      child.send('look')
      return (await messageOf(child, 'a look')) as Look
    },
    async work() {
      const report = JSON.parse((await ask(adminPort, '/debug/work')).body) as WorkReport
      return { ...report, held: report.held.filter(({ name }) => name !== 'admin port') }
    },
    async census() {
      const { report } = JSON.parse((await ask(adminPort, '/debug/census?gc=1')).body) as { report: CensusReport }
      return report.retained.map(({ kind, route, count }) => [kind, route, count] as const)
    },
    async unclosed() {
      const { open, draining, closing } = JSON.parse((await ask(adminPort, '/debug/ledger')).body)
      return open + draining + closing
    },
  }
}

async function messageOf(child: ChildProcess, what: string): Promise<unknown> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the process ended with ${code}`)
  })
  const [message] = await within(what, Promise.race([once(child, 'message'), exited]), DEADLINE_MS)
  return message
}
