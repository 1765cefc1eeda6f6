/** What is said when the target has let in less than half of a round. Pure. */
import { HoldfastError } from '../../base/errors.ts'
import { count } from './figures.ts'
import type { WaveResult } from './wave.ts'

const TODO: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start the server, or correct the port',
  ENOTFOUND: 'correct the name of the host',
  EADDRNOTAVAIL: 'no port was left on our side: fewer --connections or --rounds, or --leave reset',
  EMFILE: 'this process may not open so many files: ulimit -n, or fewer --connections',
}

const TODO_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'give what it asks for: --header "Authorization: Bearer …"',
  403: 'give what it asks for: --header "Origin: https://…", or a cookie',
  429: 'it limits how many may come: fewer --connections, a slower --rate, or raise its limit for the test',
  503: 'it is full: fewer --connections, a slower --rate, or raise its limit for the test',
}

/** How a server answers who asks for a WebSocket where there is none. */
const NO_SOCKET_HERE: readonly number[] = [400, 404]

/** @param before connections that had come by then. @param path that was asked for */
export function refused(
  { tried, opened, problems, refusedWith }: WaveResult,
  before: number,
  path: string,
): HoldfastError {
  const [most = 'nothing', times = 0] = [...problems].sort(([, a], [, b]) => b - a)[0] ?? []
  const gone = before > 0 && refusedWith === null ? `after ${count(before)} connections, ` : ''
  const isPath = refusedWith !== null && NO_SOCKET_HERE.includes(refusedWith)
  const question = isPath
    ? `is ${path.replace(/\?.*/, '')} the right path? give the URL that clients connect to`
    : undefined
  const todo = question ?? (refusedWith === null ? TODO[most] : TODO_BY_STATUS[refusedWith])
  return new HoldfastError('HF_SOAK_FAILED', {
    seen: `${gone}${count(tried - opened)} of ${count(tried)} connections were not let in: ${count(times)} times ${most}`,
    wanted: 'most of them to be open',
    todo: todo ?? 'look into the log of the server',
  })
}
