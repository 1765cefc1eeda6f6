/** Every command of the runbooks that asks the admin port, asked of a real `holdfast run` with two workers: it works as it stands there, or stands there for one worker too. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../../support/admin-client.ts'
import { openRaw } from '../../support/raw-client.ts'
import { AppFolder, ECHO, ROOT, supervise } from '../../support/supervised.ts'

const PLACE = 'http://127.0.0.1:6060'

/** Paths that `curl` and `go tool pprof` are told to ask. */
function askedIn(text: string): string[] {
  const commands = text.matchAll(/(?:curl|go tool pprof)\b[^`\n]*?http:\/\/127\.0\.0\.1:6060(\/[^'`\s]*)/g)
  return [...commands].map(([, path = '']) => path)
}

/** Those of a page that are refused, and have no other beside them that asks one worker the same. */
async function wrongIn(port: number, text: string): Promise<string[]> {
  const paths = askedIn(text)
  const wrong: string[] = []
  for (const path of paths) {
    // What a profile costs is time.
    const { status } = await ask(port, path.replace('seconds=10', 'seconds=1').replace(/allocs$/, 'allocs?seconds=1'))
    if (status !== 200 && !paths.includes(`/workers/0${path}`)) wrong.push(`${path}: ${status}`)
  }
  return wrong
}

test('commands of the runbooks work with several workers', async (t) => {
  const run = await supervise(t, new AppFolder(t).write(ECHO), { flags: ['--workers', '2'] })
  await openRaw(t, run.port)
  const folder = join(ROOT, 'docs/runbooks')
  const pages = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  assert.ok(pages.flatMap(([, text]) => askedIn(text)).length > 12)
  for (const [name, text] of pages) {
    assert.deepEqual(await wrongIn(run.adminPort, text), [], name)
    // What follows the place is a path of the port; `holdfast doctor` needs one worker.
    if (text.includes(`doctor ${PLACE}`)) assert.ok(text.includes(`doctor ${PLACE}/workers/0`), name)
  }
  const control = `\`go tool pprof ${PLACE}/debug/pprof/heap\` and \`curl ${PLACE}/debug/nothing\``
  assert.deepEqual(await wrongIn(run.adminPort, control), ['/debug/pprof/heap: 400', '/debug/nothing: 400'], 'control')
  // `ID` stands for one that the list has.
  const { workers } = JSON.parse((await ask(run.adminPort, '/debug/connections')).body) as {
    workers: Record<string, { present: { id: string }[] }>
  }
  const [{ id } = { id: '' }] = Object.values(workers).flatMap(({ present }) => present)
  assert.equal((await ask(run.adminPort, `/debug/connections/${id}`)).status, 200)
})
