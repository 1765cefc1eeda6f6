// A process that has a secret and takes a snapshot of itself, for nothing-on-disk.test.ts. Its first argument says how: `self`: examined
// again and again; `own`: taken once, and killed with it; `path`: as `self` was once, by path, and killed before that is read.
// The secret is not in its source: it comes by the environment, which is in no snapshot, backwards.
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import { systemClock } from '../../../src/base/clock.ts'
import { ownSnapshot } from '../../../src/diagnose/doctor/own-snapshot.ts'
import { examineSelf } from '../../../src/diagnose/doctor/self-examination.ts'

const DEADLINE_MS = 120_000
const secret = [...(process.env.TERCES ?? '')].reverse().join('')
const kept = { secret }

const [, , how, folder = ''] = process.argv
try {
  if (how === 'self') for (;;) await examineSelf({ clock: systemClock, deadlineMs: DEADLINE_MS })
  if (how === 'own') await ownSnapshot(systemClock, DEADLINE_MS)
  if (how === 'path') writeHeapSnapshot(join(folder, 'self.heapsnapshot'))
  process.kill(process.pid, 'SIGKILL')
} catch (thrown) {
  console.log((thrown as NodeJS.ErrnoException).code, kept.secret.length)
}
