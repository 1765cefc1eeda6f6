/** Every case of the suite against the library's own servers. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { GROUPS } from './all-cases.ts'
import { type EchoServers, startEchoServers } from './echo-server.ts'
import { runCases } from './runner.ts'

/** Generous, because the machine may be busy: only a failing case ever waits so long. */
const DEADLINE_MS = 8_000
/** Of a group: what is broken is clear by then, and the file keeps within its time. */
const FAILURES_MAX = 30

let servers: EchoServers

before(async () => {
  servers = await startEchoServers()
})

after(() => servers.close())

for (const { name, cases } of GROUPS) {
  test(`${name}: ${cases.length} cases`, async () => {
    const results = await runCases(cases, {
      targets: servers.targets,
      deadlineMs: DEADLINE_MS,
      parallel: 16,
      ownServer: true,
      failuresMax: FAILURES_MAX,
    })
    const listed = results.failures.map(({ id, about, rfc, problem }) => `${id} (${about}; RFC ${rfc}): ${problem}`)
    assert.equal(
      results.failures.length,
      0,
      `${listed.length} of ${cases.length} failed, ${results.notRun.length} not run:\n${listed.join('\n')}`,
    )
    assert.deepEqual(results.leftOut, [])
    assert.equal(results.passed, cases.length)
  })
}
