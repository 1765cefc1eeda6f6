/** The doctor at a Holdfast server, by its admin port: the server takes the snapshot and examines it itself; what it has found comes back. */
import { printable, printableLine } from '../base/printable.ts'
import type { Finding } from '../diagnose/doctor/finding.ts'
import type { SnapshotCost } from '../diagnose/doctor/snapshot-cost.ts'
import { adminPlace } from './admin-flags.ts'
import { askLines, askOnce } from './ask-admin.ts'
import type { Case } from './doctor.ts'
import { agreed } from './doctor-consent.ts'
import { UsageError } from './flags.ts'

/** Where the snapshot of a server is asked for; by worker under a supervisor. */
const PATH = '/debug/snapshot'

/** @throws UsageError, AskError */
export async function examineServer(url: string, { given, terminal, signal }: Case): Promise<Finding> {
  const { hostname, port, pathname, protocol } = parsed(url)
  if (protocol !== 'http:') throw new UsageError(`${url}: wanted http://HOST:PORT of an admin port`)
  for (const flag of ['every', 'keep']) {
    if (given.text(flag) !== undefined) throw new UsageError(`--${flag} is for a process id`)
  }
  const place = adminPlace(`${hostname}:${port === '' ? '80' : port}`)
  // `http://HOST:6060/workers/1` for one worker of several.
  const path = `${pathname.replace(/\/$/, '')}${PATH}`
  const token = terminal.env.HOLDFAST_ADMIN_TOKEN
  const cost = (await askOnce({ place, method: 'GET', path, token, signal }).catch((error: Error) => {
    if (!error.message.includes('there are the workers')) throw error
    throw new UsageError(`${error.message}; for one of them: holdfast doctor ${url.replace(/\/$/, '')}/workers/0`)
  })) as unknown as SnapshotCost
  await agreed(`the server at ${url}`, cost, 1, { given, terminal, signal })
  terminal.draw?.('the server stands still, then examines its snapshot')
  for await (const line of askLines({ place, method: 'POST', path, token, signal })) {
    const { finding, error } = line as { readonly finding?: Finding; readonly error?: { readonly message: string } }
    if (error !== undefined) throw new UsageError(printableLine(error.message))
    // Whose server it is nobody knows.
    if (finding !== undefined) return printable(finding)
  }
  throw new UsageError('the server has gone before it was done')
}

function parsed(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw new UsageError(`${url}: wanted http://HOST:PORT of an admin port`)
  }
}
