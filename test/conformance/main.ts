/**
 * `npm run conformance -- ws://host:port/path [--only word]`: the suite against any echo server. Prints what failed; exits
 * 0 when nothing did, 1 when something did, 2 when it could not run. Cases that need servers of a known configuration
 * (limits, subprotocols) are left out and counted. Owned by the person who runs it; ends with the last case.
 */
import { parseArgs } from 'node:util'
import { GROUPS } from './all-cases.ts'
import { type Failure, runCases } from './runner.ts'
import { type Target, WireClient } from './wire-client.ts'

const DEADLINE_MS = 5_000
const USAGE = 'usage: npm run conformance -- ws://host:port/path [--only word]'

function targetOf(address: string | undefined): Target {
  if (address === undefined || !URL.canParse(address)) throw new Error(USAGE)
  const url = new URL(address)
  if (url.protocol !== 'ws:') throw new Error(`${address} is not a ws:// address; ${USAGE}`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return { host, port: Number(url.port || 80), path: `${url.pathname}${url.search}` }
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })
  const target = targetOf(positionals[0])
  const probe = await WireClient.connect(target, DEADLINE_MS)
  try {
    await probe.open(target, null)
  } finally {
    probe.destroy()
  }
  const failures: Failure[] = []
  let found = 0
  for (const group of GROUPS) {
    const cases = group.cases.filter(({ id }) => values.only === undefined || id.includes(values.only))
    if (cases.length === 0) continue
    found += cases.length
    const results = await runCases(cases, {
      targets: { plain: target, deflate: target, 'deflate-takeover': target },
      deadlineMs: DEADLINE_MS,
      parallel: 16,
      ownServer: false,
      failuresMax: Number.POSITIVE_INFINITY,
    })
    failures.push(...results.failures)
    console.log(
      `${group.name}: ${results.passed} passed, ${results.failures.length} failed, ` +
        `${results.declined.length} declined by the server, ${results.leftOut.length} left out`,
    )
  }
  if (found === 0) throw new Error(`no case has "${values.only}" in its id`)
  if (failures.length > 0) console.log('')
  for (const { id, about, rfc, problem } of failures) console.log(`${id}\n  ${about} (RFC ${rfc})\n  ${problem}`)
  return failures.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
