/** Names in a snapshot that a terminal would obey: nothing that is told has them as they are, in no form. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Profile } from 'pprof-format'
import { growth } from '../../../../src/diagnose/snapshot/growth.ts'
import { readSnapshot } from '../../../../src/diagnose/snapshot/read-snapshot.ts'
import type { Snapshot } from '../../../../src/diagnose/snapshot/snapshot.ts'
import { holdfast } from '../../../support/command-line.ts'
import { FOLDER, run, type Written } from './programs.ts'

const OBEYED = /[\p{Cc}\p{Bidi_Control}]/u
const SAFE = '\\x1b]0;owned\\x07\\x1b[2J\\x0aNOTHING FOUND\\u202e\\x9b31m\\x7f'
const DEADLINE_MS = 120_000

describe('names that a terminal would obey', () => {
  let written: Written

  before(async () => {
    written = await run(join(FOLDER, 'obeyed-names.js'), 3)
  })
  after(() => written.remove())

  test('control: they are in the snapshots, and on the paths', async () => {
    const snapshots = await Promise.all(written.files.map((file) => readSnapshot(file)))
    const grown = await growth(...(snapshots as [Snapshot, Snapshot, Snapshot]))
    assert.ok(grown.some(({ sentence }) => OBEYED.test(sentence)))
    assert.ok(grown.some(({ cause }) => cause.holder.kind === 'listener' && OBEYED.test(cause.holder.name)))
  })

  test('are told with what they are made of: as lines, as JSON, as a profile', async () => {
    const profile = join(written.folder, 'leak.pb.gz')
    const { code, out, errors } = await holdfast(['doctor', ...written.files, '--pprof', profile], {}, DEADLINE_MS)
    assert.equal(code, 1, errors)
    const lines = `${out}${errors}`.split('\n')
    assert.deepEqual(
      lines.filter((line) => OBEYED.test(line) || line.startsWith('NOTHING')),
      [],
    )
    assert.ok(out.includes(`grows by 40 ${SAFE} each round`), out)
    assert.ok(out.includes(`listener on "${SAFE}"`), out)

    const json = await holdfast(['doctor', ...written.files, '--json'], {}, DEADLINE_MS)
    assert.ok(json.out.includes(JSON.stringify(SAFE).slice(1, -1)))
    const texts: string[] = []
    JSON.parse(json.out, (_, value: unknown) => (typeof value === 'string' ? void texts.push(value) : value))
    assert.deepEqual(
      texts.filter((text) => OBEYED.test(text)),
      [],
    )
    const { stringTable } = Profile.decode(gunzipSync(readFileSync(profile)))
    assert.ok(stringTable.strings.some((text) => text.includes(SAFE)))
    assert.deepEqual(
      stringTable.strings.filter((text) => OBEYED.test(text)),
      [],
    )
  })
})
